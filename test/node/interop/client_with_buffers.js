'use strict';

// The client with two buffers of Node's documentation. examples/node/client_with_buffers.cpp is the same in C++.

const dgram = require('node:dgram');
const { Buffer } = require('node:buffer');
const port = Number(process.argv[2] ?? 41234);
const host = process.argv[3];

const buf1 = Buffer.from('Some ');
const buf2 = Buffer.from('bytes');
const client = dgram.createSocket('udp4');
client.send([buf1, buf2], port, host, (err) => {
  client.close();
});
