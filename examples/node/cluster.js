'use strict';

// An echo server of several processes that share a port. One that dies is replaced.
// Usage: cluster.js [port [workers]]

const cluster = require('node:cluster');
const dgram = require('node:dgram');

function work(port) {
  const server = dgram.createSocket('udp4');
  server.on('message', (msg, rinfo) => {
    server.send(`${process.pid} ${msg}`, rinfo.port, rinfo.address);
  });
  server.bind(port);
}

function supervise(workers) {
  cluster.on('exit', (worker) => {
    if (worker.exitedAfterDisconnect) return;
    console.log(`worker ${worker.id} died`);
    cluster.fork();
  });

  cluster.on('listening', (worker, { address, port }) => {
    console.log(`worker ${worker.id} listening on ${address}:${port}`);
  });

  process.once('SIGTERM', () => cluster.disconnect());
  for (let i = 0; i < workers; ++i) cluster.fork();
}

const [port = 41234, workers = 2] = process.argv.slice(2).map(Number);
if (cluster.isWorker)
  work(port);
else
  supervise(workers);
