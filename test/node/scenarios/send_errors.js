'use strict';

// send that fails: with a callback the callback gets the error. Without one, errors of the lookup become 'error'
// events, and those of the system call are lost.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

// A lookup that knows addresses, and no names.
function no_names(hostname, family, callback) {
  if (/^[0-9.:]+$/.test(hostname)) return process.nextTick(callback, null, hostname, family);
  const err = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  err.errno = -3008;
  err.code = 'ENOTFOUND';
  err.syscall = 'getaddrinfo';
  err.hostname = hostname;
  process.nextTick(callback, err);
}

scenario('send_errors/too-large', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send(Buffer.alloc(65508), socket.address().port, '127.0.0.1', (err, bytes) => {
      t.sent('65508 bytes', err, bytes);
      socket.close();
    });
    t.tick('after send');
  });
});

scenario('send_errors/too-large-connected', (t) => {
  // Then the error names no destination.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.connect(9, '127.0.0.1', () => {
    socket.send(Buffer.alloc(65508), (err, bytes) => {
      t.sent('65508 bytes', err, bytes);
      socket.close();
    });
    t.tick('after send');
  });
});

scenario('send_errors/too-large-without-callback', { trap: 'the error of the system call is lost' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.bind(0, '127.0.0.1', () => {
    socket.send(Buffer.alloc(65508), socket.address().port, '127.0.0.1');
    t.settle(() => {
      t.log('nothing was reported');
      socket.close();
    });
  });
});

scenario('send_errors/too-large-connected-without-callback', { trap: 'the error of the system call is lost' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.connect(9, '127.0.0.1', () => {
    t.returns('send', () => socket.send(Buffer.alloc(65508)));
    t.settle(() => {
      t.log('nothing was reported');
      socket.close();
    });
  });
});

scenario('send_errors/too-many-buffers', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const list = Array(2000).fill(Buffer.from('x'));
    socket.send(list, socket.address().port, '127.0.0.1', (err, bytes) => {
      t.sent('2000 buffers', err, bytes);
      socket.close();
    });
  });
});

scenario('send_errors/names-what-was-asked-for', (t) => {
  // The error names the host as it was given, not the address that it was found to have.
  const socket = dgram.createSocket('udp4');
  socket.send(Buffer.alloc(65508), 9, 'localhost', (err, bytes) => {
    t.sent('by name', err, bytes);
    socket.close();
  });
});

scenario('send_errors/names-the-default', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.send(Buffer.alloc(65508), 9, (err, bytes) => {
    t.sent('to the default', err, bytes);
    socket.close();
  });
});

scenario('send_errors/ipv6-address-for-udp4', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.send('x', 9, '::1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
});

scenario('send_errors/ipv4-address-for-udp6', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
});

scenario('send_errors/no-route', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.send('x', 9, '192.0.2.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.send('x', 9, '192.0.2.1');
    t.settle(() => socket.close());
  });
});

scenario('send_errors/unknown-name-callback', (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup: no_names });
  t.on(socket, 'socket', 'error');
  socket.bind(0, '127.0.0.1', () => {
    socket.send('x', 9, 'nowhere.invalid', (err, bytes) => {
      t.sent('x', err, bytes);
      socket.close();
    });
  });
});

scenario('send_errors/unknown-name-event', (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup: no_names });
  t.on(socket, 'socket', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('send', () => socket.send('x', 9, 'nowhere.invalid'));
    socket.on('error', () => socket.close());
  });
});

scenario('send_errors/unknown-name-nobody-listens', (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup: no_names });
  socket.bind(0, '127.0.0.1', () => socket.send('x', 9, 'nowhere.invalid'));
});

scenario('send_errors/unknown-name-unbound', (t) => {
  // The socket is bound all the same.
  const socket = dgram.createSocket({ type: 'udp4', lookup: no_names });
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, 'nowhere.invalid', (err, bytes) => {
    t.sent('x', err, bytes);
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('send_errors/goes-on-after-an-error', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    socket.send(Buffer.alloc(65508), port, '127.0.0.1', (err, bytes) => t.sent('too large', err, bytes));
    socket.send('small', port, '127.0.0.1', (err, bytes) => t.sent('small', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send_errors/implicit-bind-fails', { trap: 'the callback of the send is never called' }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, new Error('no'));
    },
  });
  t.on(socket, 'socket', 'listening', 'error', 'close');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  t.settle(() => socket.close());
});
