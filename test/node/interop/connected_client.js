'use strict';

// The connected client of Node's documentation. examples/node/connected_client.cpp is the same in C++.

const dgram = require('node:dgram');
const { Buffer } = require('node:buffer');
const port = Number(process.argv[2] ?? 41234);
const host = process.argv[3] ?? 'localhost';

const message = Buffer.from('Some bytes');
const client = dgram.createSocket('udp4');
client.connect(port, host, (err) => {
  client.send(message, (err) => {
    client.close();
  });
});
