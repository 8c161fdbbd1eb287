'use strict';

// Adds up what is sent as "name:1|c", and says so every ten seconds. Usage: statsd.js [port]

const dgram = require('node:dgram');

const counters = new Map();
const server = dgram.createSocket('udp4');

function flush() {
  for (const [name, value] of counters) console.log(`${name} ${value}`);
  counters.clear();
}

server.on('message', (msg, rinfo) => {
  for (const line of msg.toString().split('\n')) {
    const metric = /^([\w.]+):(\d{1,9})\|c$/.exec(line);
    if (metric === null) {
      console.error(`${rinfo.address}:${rinfo.port} sent no metric: ${line}`);
      continue;
    }
    counters.set(metric[1], (counters.get(metric[1]) ?? 0) + Number(metric[2]));
  }
});

server.on('error', (err) => {
  console.error(err.message);
  server.close();
});

server.on('listening', () => {
  const { address, port } = server.address();
  console.log(`listening on ${address}:${port}`);
});

const timer = setInterval(flush, 10000);
server.on('close', () => {
  clearInterval(timer);
  flush();
});

process.once('SIGTERM', () => server.close());
server.bind(Number(process.argv[2] ?? 8125));
