'use strict';

// The server with an AbortController of Node's documentation, and a moment "when you want to close the server".
// examples/node/abort.cpp is the same in C++.

const dgram = require('node:dgram');
const port = Number(process.argv[2] ?? 41234);

const controller = new AbortController();
const { signal } = controller;
const server = dgram.createSocket({ type: 'udp4', signal });
server.on('message', (msg, rinfo) => {
  console.log(`server got: ${msg} from ${rinfo.address}:${rinfo.port}`);
});
server.on('listening', () => {
  console.log(`server listening ${server.address().address}:${server.address().port}`);
});
server.on('close', () => console.log('server closed'));
server.bind(port);

// Later, when you want to close the server.
process.once('SIGTERM', () => controller.abort());
