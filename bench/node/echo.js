// Sends every datagram back. Usage: echo.js <descriptor of the socket> <descriptor of the pipe>
'use strict';
const dgram = require('dgram');
const fs = require('fs');

const [socketDescriptor, parent] = process.argv.slice(2).map(Number);
const socket = dgram.createSocket('udp4');
socket.on('message', (message, rinfo) => socket.send(message, rinfo.port, rinfo.address));
socket.bind({ fd: socketDescriptor }, () => fs.writeSync(parent, 'ready\n'));
