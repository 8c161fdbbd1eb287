// The programs of Node's benchmark/dgram, written anew from their description: what they do is in
// ../peers/node_programs.hpp.
// Usage: programs.js <descriptor of the pipe> <program> <length> <pieces> <port: 0 or 1>
//                    <address: 0 or 1> <sockets> <seconds>
'use strict';
const dgram = require('dgram');
const fs = require('fs');

const [parentText, program, ...parameters] = process.argv.slice(2);
const parent = Number(parentText);
const [length, pieces, withPort, withAddress, sockets, seconds] = parameters.map(Number);
const burst = 100;

function report(completed, received, began) {
  const elapsed = Number(process.hrtime.bigint() - began) / 1e9;
  fs.writeSync(parent, `${completed} ${received} ${elapsed}\n`);
  process.exit(0);
}

function sendToSelf() {
  const socket = dgram.createSocket('udp4');
  const piece = Buffer.alloc(Math.round(length / pieces), 'a');
  const list = Array.from({ length: pieces }, () => piece);
  const address = '127.0.0.1';
  let port;
  let completed = 0;
  let received = 0;

  const send = {
    'single-buffer': () => socket.send(piece, port, address, onSent),
    'offset-length': () => socket.send(piece, 0, piece.length, port, address, onSent),
    'multi-buffer': () => socket.send(list, port, address, onSent),
    'array': () => socket.send(list, port, address, onSent),
    'concat': () => socket.send(Buffer.concat(list), port, address, onSent),
  }[program];

  function sendBurst() {
    for (let i = 0; i < burst; i++) send();
  }
  function onSent(error) {
    if (error) throw error;
    if (completed++ % burst === 0) setImmediate(sendBurst);
  }

  if (program !== 'array' && program !== 'concat') socket.on('message', () => { received++; });
  socket.on('listening', () => {
    port = socket.address().port;
    const began = process.hrtime.bigint();
    // The first call, which starts it all, is no completed send.
    setTimeout(() => report(completed - 1, received, began), seconds * 1000);
    onSent();
  });
  socket.bind(0);
}

function bindOne(socket) {
  if (withAddress) return socket.bind(0, '0.0.0.0');
  if (withPort) return socket.bind(0);
  return socket.bind();
}

function bindMany() {
  const began = process.hrtime.bigint();
  let listening = 0;
  function onListening() {
    if (++listening === sockets) report(sockets, 0, began);
  }
  for (let i = 0; i < sockets; i++) {
    const socket = bindOne(dgram.createSocket('udp4'));
    if (program === 'bind-calls') socket.on('error', () => {});
    else socket.on('listening', onListening);
    socket.unref();
  }
  if (program === 'bind-calls') {
    report(sockets, 0, began);
  } else {
    setInterval(() => {}, 1000);  // unref'ed sockets would not keep the process
  }
}

if (program.startsWith('bind-')) bindMany();
else sendToSelf();
