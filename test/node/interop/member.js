'use strict';

// The multicast calls of Node's documentation in one program. examples/node/member.cpp is the same in C++.

const dgram = require('node:dgram');
const [group, interfaceAddress, port = 41234] = process.argv.slice(2);

const socket = dgram.createSocket({ type: group.includes(':') ? 'udp6' : 'udp4', reuseAddr: true });

socket.on('message', (msg, rinfo) => {
  console.log(`got: ${msg} from ${rinfo.address}`);
});

socket.bind(Number(port), () => {
  socket.addMembership(group, interfaceAddress);
  socket.setMulticastInterface(interfaceAddress);
  socket.setMulticastLoopback(true);
  socket.setMulticastTTL(1);
  console.log(`member of ${group}`);
  socket.send('here I am', Number(port), group);
});

process.once('SIGTERM', () => {
  socket.dropMembership(group, interfaceAddress);
  console.log(`left ${group}`);
  socket.close();
});
