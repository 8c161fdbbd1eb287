'use strict';

// Asks a server, again when no answer comes, and prints the answer. Usage: query.js <host> <port> <question>

const dgram = require('node:dgram');

const [host, port, question] = process.argv.slice(2);
const socket = dgram.createSocket('udp4');
let attempts = 0;
let timer;

function ask() {
  attempts += 1;
  if (attempts > 3) {
    console.error(`no answer from ${host}:${port}`);
    process.exitCode = 1;
    socket.close();
    return;
  }
  socket.send(question, (err) => {
    if (err) console.error(`attempt ${attempts}: ${err.code}`);
  });
  timer = setTimeout(ask, 200);
}

socket.on('message', (answer) => {
  clearTimeout(timer);
  console.log(answer.toString());
  socket.close();
});

// Nobody has the port: an answer may come all the same, when its owner starts.
socket.on('error', (err) => console.error(`attempt ${attempts}: ${err.code}`));

socket.connect(Number(port), host, (err) => {
  if (err) {
    console.error(err.message);
    process.exitCode = 1;
    socket.close();
    return;
  }
  ask();
});
