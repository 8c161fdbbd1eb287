'use strict';

// The lookup option: when it is asked, with what, and what becomes of its answers.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('lookup/is-asked-for-everything', (t) => {
  // For addresses and for defaults, too; not for a send of a connected socket.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      t.log(`lookup ${hostname} ${family}`);
      process.nextTick(callback, null, hostname, 4);
    },
  });
  socket.bind(0, () => {
    t.log('bound');
    socket.send('x', 9, () => {
      t.log('sent');
      socket.send('x', 9, '127.0.0.2', () => {
        t.log('sent');
        socket.connect(9, () => {
          t.log('connected');
          socket.send('', () => {
            t.log('sent');
            socket.close();
          });
        });
      });
    });
  });
});

scenario('lookup/is-asked-by-udp6', { namespace: true }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp6',
    lookup(hostname, family, callback) {
      t.log(`lookup ${hostname} ${family}`);
      process.nextTick(callback, null, hostname, 6);
    },
  });
  socket.bind(0, () => {
    socket.send('x', 9, () => {
      socket.connect(9, () => socket.close());
    });
  });
});

scenario('lookup/is-asked-per-send', (t) => {
  let lookups = 0;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === 'receiver') lookups++;
      process.nextTick(callback, null, '127.0.0.1', 4);
    },
  });
  let messages = 0;
  socket.bind(0, '127.0.0.1', () => {
    const { port } = socket.address();
    socket.send('1', port, 'receiver');
    socket.send('2', port, 'receiver');
    socket.send('3', port, 'receiver');
  });
  socket.on('message', () => {
    if (++messages < 3) return;
    t.log(`${lookups} lookups`);
    socket.close();
  });
});

scenario('lookup/not-asked-before-the-checks', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname) {
      t.log(`never asked: ${hostname}`);
    },
  });
  t.throws('send', () => socket.send('x', 0, 'somewhere'));
  t.throws('connect', () => socket.connect(0, 'somewhere'));
  socket.close();
  t.throws('bind', () => socket.bind(0, 'somewhere'));
});

scenario('lookup/name-becomes-address', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      setImmediate(callback, null, hostname === 'me' ? '127.0.0.1' : hostname, 4);
    },
  });
  t.on(socket, 'socket', 'message');
  socket.bind(0, 'me', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.connect(socket.address().port, 'me', () => {
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.send('x');
    });
  });
  socket.on('message', () => socket.close());
});

scenario('lookup/error-of-bind-names-the-address', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, null, '192.0.2.1', 4);
    },
  });
  socket.on('error', (err) => {
    t.error('socket', err);
    socket.close();
  });
  socket.bind(0, 'somewhere');
});

scenario('lookup/error-of-connect-names-the-host', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, null, hostname === 'somewhere' ? '::1' : hostname, 4);
    },
  });
  socket.connect(9, 'somewhere', (err) => {
    t.error('connect', err);
    socket.send('x', 9, 'somewhere', (err, bytes) => {
      t.sent('x', err, bytes);
      socket.close();
    });
  });
});

scenario('lookup/wrong-family-for-bind', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, null, '::1', 6);
    },
  });
  socket.on('error', (err) => {
    t.error('socket', err);
    socket.close();
  });
  socket.bind(0, 'somewhere');
});

scenario('lookup/fails-inside-bind', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      callback(new Error('no'));
    },
  });
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(0, 'somewhere');
  t.log('bind has returned');
  socket.close();
});

scenario('lookup/fails-inside-bind-and-nobody-listens', (t) => {
  // Then bind throws. The socket may be bound again.
  let fail = true;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (fail) callback(new Error('no'));
      else callback(null, '127.0.0.1', 4);
    },
  });
  t.throws('bind', () => socket.bind(0, 'somewhere'));
  fail = false;
  t.returns('bind again', () => socket.bind(0, 'somewhere', () => t.log('callback')));
  socket.close();
});

scenario('lookup/fails-inside-connect', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === 'somewhere') callback(new Error('no'));
      else callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(0, '127.0.0.1');
  socket.connect(9, 'somewhere', (err) => t.error('callback', err));
  t.log('connect has returned');
  t.throws('remoteAddress', () => socket.remoteAddress());
  t.tick('after connect');
  setImmediate(() => socket.close());
});

scenario('lookup/fails-inside-send', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === 'somewhere') callback(new Error('no'));
      else callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(0, '127.0.0.1');
  socket.send('x', 9, 'somewhere', (err, bytes) => t.sent('with callback', err, bytes));
  socket.send('x', 9, 'somewhere');
  t.log('send has returned');
  t.tick('after send');
  setImmediate(() => socket.close());
});

scenario('lookup/throws-in-bind', { trap: 'the socket stays in "binding"' }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup() {
      throw new Error('thrown by lookup');
    },
  });
  t.on(socket, 'socket', 'error', 'close');
  t.throws('bind', () => socket.bind(0, 'somewhere'));
  t.throws('bind again', () => socket.bind(0, 'somewhere'));
  socket.close();
});

scenario('lookup/throws-in-connect', { trap: 'the socket stays in "connecting"' }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === 'somewhere') throw new Error('thrown by lookup');
      callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(0, '127.0.0.1');
  t.throws('connect', () => socket.connect(9, 'somewhere'));
  t.throws('connect again', () => socket.connect(9, 'somewhere'));
  socket.close();
});

scenario('lookup/throws-in-send', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === 'somewhere') throw new Error('thrown by lookup');
      callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'error', 'close', 'message');
  socket.bind(0, '127.0.0.1');
  t.port(socket, 'socket');
  t.throws('send', () => socket.send('x', 9, 'somewhere', () => t.log('never called')));
  socket.send('the next', socket.address().port, '127.0.0.1');
  socket.on('message', () => socket.close());
});

scenario('lookup/never-answers', (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup() {} });
  t.on(socket, 'socket', 'listening', 'error', 'close');
  socket.bind(0, 'somewhere', () => t.log('never called'));
  t.settle(() => {
    t.throws('bind', () => socket.bind(0, '127.0.0.1'));
    t.returns('close', () => socket.close());
  });
});

scenario('lookup/never-answers-a-send', { trap: 'close waits behind the send for ever' }, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup() {} });
  t.on(socket, 'socket', 'listening', 'error', 'close');
  socket.send('x', 9, 'somewhere', () => t.log('never called'));
  t.returns('close', () => socket.close());
  t.settle(() => t.throws('address', () => socket.address()));
});

scenario('lookup/answers-inside-send', (t) => {
  // Then the datagram is on its way when send returns, and bytes may change.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1');
  t.port(socket, 'socket');
  const buffer = Buffer.from('before');
  socket.send(buffer, socket.address().port, '127.0.0.1', (err, bytes) => t.sent('it', err, bytes));
  buffer.write('after!');
  t.log('send has returned');
  socket.on('message', () => socket.close());
});

scenario('lookup/unbound-send-inside', (t) => {
  // All of it inside send: bind, 'listening', the system call.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      t.log(`lookup ${hostname}`);
      callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening', 'close');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
  t.log('send has returned');
});

scenario('lookup/listener-comes-too-late', (t) => {
  // A listener that is added after bind comes too late for a lookup that answers inside it.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      callback(null, hostname, 4);
    },
  });
  t.returns('bind', () => socket.bind(0, '127.0.0.1'));
  socket.on('listening', () => t.log('never called'));
  t.settle(() => socket.close());
});

scenario('lookup/names-that-are-too-long', (t) => {
  // What does not fit into the 256 bytes that the resolver keeps is refused at once.
  const socket = dgram.createSocket('udp4');
  socket.on('error', (err) => {
    t.log(`bind ${err.code} ${err.errno} ${err.syscall} ${err.hostname.length} ${err.message.length}`);
    socket.bind(0, '127.0.0.1', () => {
      socket.connect(9, 'x'.repeat(300), (err) => {
        t.log(`connect ${err.code} ${err.errno} ${err.syscall} ${err.hostname.length}`);
        socket.send('x', 9, 'x.'.repeat(128), (err) => {
          t.log(`send ${err.code} ${err.errno} ${err.syscall} ${err.hostname.length}`);
          socket.close();
        });
      });
    });
  });
  socket.bind(0, 'x'.repeat(256));
});

scenario('lookup/of-the-system-and-close', { trap: 'the callback is never called' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(0, '127.0.0.1', () => {
    socket.send('x', 9, 'localhost', (err, bytes) => t.sent('x', err, bytes));
    socket.send('y', 9, 'localhost');
    socket.close();
    t.settle(() => t.log('nothing more happened'));
  });
});

scenario('lookup/of-the-system-to-connect-and-close', { trap: 'the callback is never called' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, 'localhost', (err) => t.error('connect', err));
    socket.close();
    t.settle(() => t.log('nothing more happened'));
  });
});
