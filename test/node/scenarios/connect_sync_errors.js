'use strict';

// connectSync that throws: for what, with which words, and what it leaves behind.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('connect_sync_errors/bad-ports', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('0', () => socket.connectSync(0, '127.0.0.1'));
  t.throws('-1', () => socket.connectSync(-1, '127.0.0.1'));
  t.throws('65536', () => socket.connectSync(65536, '127.0.0.1'));
  t.throws('address', () => socket.address());
  socket.close();
});

scenario('connect_sync_errors/ports-that-are-no-integers', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('1.5', () => socket.connectSync(1.5, '127.0.0.1'));
  t.throws('text', () => socket.connectSync('text', '127.0.0.1'));
  t.throws('none', () => socket.connectSync());
  socket.close();
});

scenario('connect_sync_errors/names', { since }, (t) => {
  // Whatever would have to be resolved. Nothing is bound for it.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error', 'close');
  for (const address of ['localhost', 'nowhere.invalid', '127.1', '256.0.0.1', '::g']) {
    t.throws(address, () => socket.connectSync(9, address));
  }
  t.throws('address', () => socket.address());
  socket.close();
});

scenario('connect_sync_errors/name-in-spite-of-a-lookup', { since }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      t.log(`never asked: ${hostname}`);
      callback(null, '127.0.0.1', 4);
    },
  });
  t.throws('connectSync', () => socket.connectSync(9, 'me'));
  socket.close();
});

scenario('connect_sync_errors/order-of-the-checks', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('port and name', () => socket.connectSync(0, 'localhost'));
  socket.bind(0, '127.0.0.1', () => {
    socket.connectSync(9, '127.0.0.1');
    t.throws('connected and port', () => socket.connectSync(0, '127.0.0.1'));
    t.throws('connected and name', () => socket.connectSync(9, 'localhost'));
    socket.close();
    t.throws('closed and port', () => socket.connectSync(0, '127.0.0.1'));
  });
  t.throws('binding and port', () => socket.connectSync(0, '127.0.0.1'));
  t.throws('binding and name', () => socket.connectSync(9, 'localhost'));
});

scenario('connect_sync_errors/while-binding', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('when bound', () => socket.connectSync(9, '127.0.0.1'));
  });
  t.throws('while binding', () => socket.connectSync(9, '127.0.0.1'));
  t.throws('once more', () => socket.connectSync(9, '127.0.0.1'));
  socket.on('connect', () => socket.close());
});

scenario('connect_sync_errors/while-a-send-binds', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
  t.throws('connectSync', () => socket.connectSync(9, '127.0.0.1'));
});

scenario('connect_sync_errors/while-connecting', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.connect(9, '127.0.0.1', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
  t.throws('connectSync', () => socket.connectSync(10, '127.0.0.1'));
});

scenario('connect_sync_errors/when-connected', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.connectSync(9, '127.0.0.1');
  t.throws('connectSync', () => socket.connectSync(10, '127.0.0.1'));
  t.throws('connect', () => socket.connect(10, '127.0.0.1', () => t.log('never called')));
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.on('connect', () => socket.close());
});

scenario('connect_sync_errors/when-connected-by-connect', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    t.throws('connectSync', () => socket.connectSync(10, '127.0.0.1'));
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect_sync_errors/closed', { since }, (t) => {
  const unbound = dgram.createSocket('udp4');
  unbound.close();
  t.throws('never bound', () => unbound.connectSync(9, '127.0.0.1'));
  t.throws('once more', () => unbound.connectSync(9, '127.0.0.1'));
  const bound = dgram.createSocket('udp4');
  bound.bindSync();
  bound.close();
  t.throws('bound', () => bound.connectSync(9, '127.0.0.1'));
  const connected = dgram.createSocket('udp4');
  connected.connectSync(9, '127.0.0.1');
  connected.close();
  t.throws('connected', () => connected.connectSync(9, '127.0.0.1'));
});

scenario('connect_sync_errors/ipv6-address-for-udp4', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bindSync({ address: '127.0.0.1' });
  t.throws('connectSync', () => socket.connectSync(9, '::1'));
  t.throws('remoteAddress', () => socket.remoteAddress());
  socket.close();
});

scenario('connect_sync_errors/ipv4-address-for-udp6', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.throws('connectSync', () => socket.connectSync(9, '127.0.0.1'));
  socket.close();
});

scenario('connect_sync_errors/link-local-without-zone', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.throws('connectSync', () => socket.connectSync(9, 'fe80::1'));
  socket.close();
});

scenario('connect_sync_errors/no-route', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error', 'close');
  t.throws('connectSync', () => socket.connectSync(9, '192.0.2.1'));
  t.settle(() => socket.close());
});

scenario('connect_sync_errors/broadcast', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('forbidden', () => socket.connectSync(9, '10.0.0.255'));
  socket.setBroadcast(true);
  t.returns('allowed', () => socket.connectSync(9, '10.0.0.255'));
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.close();
});

scenario('connect_sync_errors/the-socket-stays-bound', { since }, (t) => {
  // What it bound before it failed, and 'listening' comes.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  t.throws('connectSync', () => socket.connectSync(9, '::1'));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.throws('bindSync', () => socket.bindSync());
  socket.on('listening', () => socket.close());
});

scenario('connect_sync_errors/again', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  t.throws('first', () => socket.connectSync(9, '::1'));
  t.throws('second', () => socket.connectSync(9, 'localhost'));
  t.returns('third', () => socket.connectSync(9, '127.0.0.1'));
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.on('connect', () => socket.close());
});

scenario('connect_sync_errors/again-with-connect', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  t.throws('connectSync', () => socket.connectSync(9, '::1'));
  socket.connect(9, '127.0.0.1', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect_sync_errors/send-after-a-failure', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'message');
  t.throws('connectSync', () => socket.connectSync(9, '::1'));
  t.port(socket, 'socket');
  socket.send('x', socket.address().port, '127.0.0.1', (err, bytes) => t.sent('x', err, bytes));
  socket.on('message', () => socket.close());
});

scenario('connect_sync_errors/after-a-failed-connect', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.connect(9, '::1', (err) => {
    t.error('callback', err);
    socket.connectSync(9, '127.0.0.1');
    t.returns('remoteAddress', () => socket.remoteAddress());
  });
  socket.on('connect', () => socket.close());
});

scenario('connect_sync_errors/after-connect-whose-bind-failed', {
  since,
  trap: 'the socket stays in "connecting" for ever',
}, (t) => {
  let lookups = 0;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, ++lookups === 1 ? new Error('no') : null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.connect(9, '127.0.0.1', () => t.log('never called'));
  t.settle(() => {
    t.throws('connectSync', () => socket.connectSync(9, '127.0.0.1'));
    socket.close();
  });
});

scenario('connect_sync_errors/bind-fails', { since }, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', ipv6Only: true });
  t.on(socket, 'socket', 'listening', 'connect', 'error', 'close');
  t.throws('connectSync', () => socket.connectSync(9, '127.0.0.1'));
  t.throws('once more', () => socket.connectSync(9, '127.0.0.1'));
  socket.close();
});

scenario('connect_sync_errors/nobody-at-the-other-end', { since, namespace: true }, (t) => {
  // The call does not know it. The answer to a datagram is an ICMP error, which the next receive reports.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.on('error', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
  t.returns('connectSync', () => socket.connectSync(9, '127.0.0.1'));
  socket.send('x', (err, bytes) => t.sent('x', err, bytes));
});
