'use strict';

// Tells a group every second that it is there, and says who else is. Usage: presence.js <interface address> <name>

const dgram = require('node:dgram');

const group = '239.255.41.234';
const port = 41234;
const [interfaceAddress, name] = process.argv.slice(2);
const seen = new Map();
const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });

function announce() {
  socket.send([name, ' is here'], port, group, (err) => {
    if (err) console.error(err.message);
  });
}

socket.on('message', (msg, rinfo) => {
  const match = /^(\w+) is here$/.exec(msg.toString());
  if (match === null || match[1] === name || seen.has(match[1])) return;
  seen.set(match[1], rinfo.address);
  console.log(`${match[1]} is at ${rinfo.address}`);
});

socket.bind(port, () => {
  socket.addMembership(group, interfaceAddress);
  socket.setMulticastInterface(interfaceAddress);
  socket.setMulticastTTL(1);
  announce();
});

const timer = setInterval(announce, 1000);
process.once('SIGTERM', () => {
  clearInterval(timer);
  socket.dropMembership(group, interfaceAddress);
  socket.close();
});
