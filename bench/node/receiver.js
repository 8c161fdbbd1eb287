// Counts datagrams; one of a single byte ends a turn: then the count is said to the parent.
// Usage: receiver.js <descriptor of the socket> <descriptor of the pipe>
'use strict';
const dgram = require('dgram');
const fs = require('fs');

const [socketDescriptor, parent] = process.argv.slice(2).map(Number);
const socket = dgram.createSocket('udp4');
let count = 0;
socket.on('message', (message) => {
  if (message.length !== 1) {
    ++count;
  } else {
    fs.writeSync(parent, `${count}\n`);
    count = 0;
  }
});
socket.bind({ fd: socketDescriptor }, () => fs.writeSync(parent, 'ready\n'));
