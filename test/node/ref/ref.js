'use strict';

// Small programs that end by themselves or go on, by what they do with ref and unref. `run` starts each of them, and
// its namesake in ref.cpp.

const dgram = require('node:dgram');

// Answers what it is sent, and is closed by the word "close".
function answerer() {
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => console.log(`listening on 127.0.0.1:${socket.address().port}`));
  socket.on('message', (msg, rinfo) => {
    socket.send(msg, rinfo.port, rinfo.address, () => {
      if (msg.toString() === 'close') socket.close();
    });
  });
  socket.on('close', () => console.log('closed'));
  return socket;
}

const programs = {
  'unbound'() {
    answerer();
  },

  'bound'() {
    answerer().bind(0, '127.0.0.1');
  },

  'unref-before-bind'() {
    answerer().unref().bind(0, '127.0.0.1');
  },

  'unref-when-bound'() {
    const socket = answerer();
    socket.bind(0, '127.0.0.1', () => socket.unref());
  },

  'ref-before-bind'() {
    answerer().unref().unref().ref().bind(0, '127.0.0.1');
  },

  'ref-when-bound'() {
    const socket = answerer().unref();
    socket.bind(0, '127.0.0.1', () => socket.ref());
  },

  'unref-when-asked'() {
    const socket = answerer();
    socket.on('message', (msg) => {
      if (msg.toString() === 'unref') socket.unref();
    });
    socket.bind(0, '127.0.0.1');
  },

  'one-of-two'() {
    const one = answerer();
    const two = answerer();
    two.unref();
    one.bind(0, '127.0.0.1', () => two.bind(0, '127.0.0.1'));
  },

  // The timer keeps it alive. It ends a moment after the word "time".
  'unref-with-timer'() {
    const socket = answerer().unref();
    let timer = setTimeout(() => console.log('late'), 600000);
    socket.on('message', (msg) => {
      if (msg.toString() !== 'time') return;
      clearTimeout(timer);
      timer = setTimeout(() => console.log('time is up'), 1);
    });
    socket.bind(0, '127.0.0.1');
  },
};

process.on('exit', () => console.log('end'));
programs[process.argv[2]]();
