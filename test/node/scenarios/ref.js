'use strict';

// ref and unref: which sockets keep the process alive. That one does is shown by a timer that does not.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('ref/unbound-socket', (t) => {
  process.on('exit', () => t.log('exit'));
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close');
});

scenario('ref/bound-socket', (t) => {
  process.on('exit', () => t.log('exit'));
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    setTimeout(() => {
      t.log('still there');
      socket.close();
    }, 100).unref();
  });
});

scenario('ref/unref-when-bound', (t) => {
  process.on('exit', () => t.log('exit'));
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.log('bound');
    setTimeout(() => t.log('never'), 1000).unref();
    socket.unref();
  });
});

scenario('ref/unref-before-bind', (t) => {
  process.on('exit', () => t.log('exit'));
  const socket = dgram.createSocket('udp4');
  socket.unref();
  socket.bind(0, '127.0.0.1', () => {
    t.log('bound');
    setTimeout(() => t.log('never'), 1000).unref();
  });
});

scenario('ref/ref-again', (t) => {
  process.on('exit', () => t.log('exit'));
  const socket = dgram.createSocket('udp4');
  socket.unref();
  socket.unref();
  socket.ref();
  socket.bind(0, '127.0.0.1', () => {
    setTimeout(() => {
      t.log('still there');
      socket.close();
    }, 100).unref();
  });
});

scenario('ref/unref-twice', (t) => {
  process.on('exit', () => t.log('exit'));
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.unref();
    socket.unref();
    t.log('bound');
    setTimeout(() => t.log('never'), 1000).unref();
  });
});

scenario('ref/unref-of-one-of-two', (t) => {
  process.on('exit', () => t.log('exit'));
  const one = dgram.createSocket('udp4');
  const two = dgram.createSocket('udp4');
  one.bind(0, '127.0.0.1', () => one.unref());
  two.bind(0, '127.0.0.1', () => {
    setTimeout(() => {
      t.log('still there');
      two.close();
    }, 100).unref();
  });
});

scenario('ref/unref-still-receives', (t) => {
  process.on('exit', () => t.log('exit'));
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  receiver.on('message', () => sender.close());
  receiver.unref();
  receiver.bind(0, '127.0.0.1', () => {
    sender.bind(0, '127.0.0.1', () => {
      t.port(sender, 'sender');
      sender.send('x', receiver.address().port, '127.0.0.1');
    });
  });
});

scenario('ref/unref-and-close', (t) => {
  process.on('exit', () => t.log('exit'));
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close');
  socket.bind(0, '127.0.0.1', () => {
    socket.unref();
    socket.close();
  });
});

scenario('ref/closed-socket', (t) => {
  process.on('exit', () => t.log('exit'));
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    socket.ref();
  });
});
