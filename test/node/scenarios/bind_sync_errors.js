'use strict';

// bindSync that throws: for what, with which words, and that the socket may be bound again.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('bind_sync_errors/bad-ports', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('-1', () => socket.bindSync({ port: -1 }));
  t.throws('65536', () => socket.bindSync({ port: 65536 }));
  t.throws('70000', () => socket.bindSync({ port: 70000, address: '127.0.0.1' }));
  socket.close();
});

scenario('bind_sync_errors/ports-that-are-no-integers', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('1.5', () => socket.bindSync({ port: 1.5 }));
  t.throws('text', () => socket.bindSync({ port: 'text' }));
  t.throws('empty text', () => socket.bindSync({ port: '' }));
  socket.close();
});

scenario('bind_sync_errors/bad-port-changes-nothing', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  t.throws('bindSync', () => socket.bindSync({ port: -1 }));
  t.throws('address', () => socket.address());
  socket.bindSync({ address: '127.0.0.1' });
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  socket.on('listening', () => socket.close());
});

scenario('bind_sync_errors/names', { since }, (t) => {
  // Whatever would have to be resolved.
  const socket = dgram.createSocket('udp4');
  for (const address of ['localhost', 'nowhere.invalid', '127.1', '0x7f000001', '256.0.0.1', '::g']) {
    t.throws(address, () => socket.bindSync({ port: 0, address }));
  }
  t.throws('a blank behind it', () => socket.bindSync({ port: 0, address: '127.0.0.1 ' }));
  socket.close();
});

scenario('bind_sync_errors/names-of-udp6', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  for (const address of ['localhost', '[::1]', '::1/128', 'fe80::ff:fe00:1%']) {
    t.throws(address, () => socket.bindSync({ port: 12345, address }));
  }
  socket.close();
});

scenario('bind_sync_errors/name-in-spite-of-a-lookup', { since }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      t.log(`never asked: ${hostname}`);
      callback(null, '127.0.0.1', 4);
    },
  });
  t.throws('bindSync', () => socket.bindSync({ address: 'me' }));
  socket.close();
});

scenario('bind_sync_errors/long-name-is-cut', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('126 letters', () => socket.bindSync({ address: 'n'.repeat(126) }));
  t.throws('200 letters', () => socket.bindSync({ address: 'n'.repeat(200) }));
  t.throws('quotes', () => socket.bindSync({ address: "it's" }));
  socket.close();
});

scenario('bind_sync_errors/the-port-is-looked-at-first', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('bindSync', () => socket.bindSync({ port: -1, address: 'localhost' }));
  socket.close();
});

scenario('bind_sync_errors/ipv6-address-for-udp4', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('bindSync', () => socket.bindSync({ address: '::1' }));
  socket.close();
});

scenario('bind_sync_errors/ipv4-address-for-udp6', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.throws('bindSync', () => socket.bindSync({ port: 12345, address: '127.0.0.1' }));
  socket.close();
});

scenario('bind_sync_errors/link-local-without-zone', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.throws('without zone', () => socket.bindSync({ port: 12345, address: 'fe80::ff:fe00:1' }));
  t.throws('zone of another', () => socket.bindSync({ port: 12345, address: 'fe80::ff:fe00:1%eth1' }));
  t.throws('unknown zone', () => socket.bindSync({ port: 12345, address: 'fe80::ff:fe00:1%eth7' }));
  socket.close();
});

scenario('bind_sync_errors/ipv6-only-for-udp4', { since }, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', ipv6Only: true });
  t.throws('bindSync', () => socket.bindSync({ address: '127.0.0.1' }));
  socket.close();
});

scenario('bind_sync_errors/address-in-use', { since }, (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  t.on(second, 'second', 'listening', 'error', 'close');
  const { port } = first.bindSync({ address: '127.0.0.1' });
  t.port(first, 'first');
  t.throws('bindSync', () => second.bindSync({ port, address: '127.0.0.1' }));
  t.settle(() => {
    t.log('there was no event');
    first.close();
    second.close();
  });
});

scenario('bind_sync_errors/default-address-in-use', { since, namespace: true }, (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  first.bindSync({ port: 12345 });
  t.throws('bindSync', () => second.bindSync({ port: 12345 }));
  first.close();
  t.returns('when it is free', () => second.bindSync({ port: 12345 }));
  second.close();
});

scenario('bind_sync_errors/address-not-available', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('bindSync', () => socket.bindSync({ port: 12345, address: '192.0.2.1' }));
  socket.close();
});

scenario('bind_sync_errors/address-not-available-any-port', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('bindSync', () => socket.bindSync({ address: '192.0.2.1' }));
  socket.close();
});

scenario('bind_sync_errors/again', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  t.throws('bindSync', () => socket.bindSync({ address: '192.0.2.1' }));
  t.throws('once more', () => socket.bindSync({ address: '192.0.2.1' }));
  const address = socket.bindSync({ address: '127.0.0.1' });
  t.port(socket, 'socket');
  t.returns('another address', () => address);
  socket.on('listening', () => socket.close());
});

scenario('bind_sync_errors/again-with-bind', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  t.throws('bindSync', () => socket.bindSync({ address: '192.0.2.1' }));
  socket.bind(0, '127.0.0.1', () => {
    t.log('callback');
    socket.close();
  });
});

scenario('bind_sync_errors/after-a-failed-bind', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening');
  socket.on('error', (err) => {
    t.error('socket', err);
    const address = socket.bindSync({ address: '127.0.0.1' });
    t.port(socket, 'socket');
    t.returns('bindSync', () => address);
  });
  socket.bind(0, '192.0.2.1', () => t.log('never called'));
  socket.on('listening', () => socket.close());
});

scenario('bind_sync_errors/address-after-the-os-refused', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('bindSync', () => socket.bindSync({ address: '192.0.2.1' }));
  t.returns('address', () => socket.address());
  socket.close();
});

scenario('bind_sync_errors/close-after-a-failure', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error', 'close');
  t.throws('bindSync', () => socket.bindSync({ address: '192.0.2.1' }));
  t.returns('close', () => socket.close());
});

scenario('bind_sync_errors/when-bound', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.bindSync();
  t.throws('before listening', () => socket.bindSync());
  t.throws('bind', () => socket.bind(0, '127.0.0.1', () => t.log('never called')));
  socket.on('listening', () => {
    t.throws('when listening', () => socket.bindSync());
    t.returns('listeners', () => socket.listenerCount('listening'));
    socket.close();
  });
});

scenario('bind_sync_errors/when-bound-by-bind', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.throws('bindSync', () => socket.bindSync());
    socket.close();
  });
});

scenario('bind_sync_errors/while-binding', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
  t.throws('bindSync', () => socket.bindSync());
});

scenario('bind_sync_errors/while-a-send-binds', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
  t.throws('bindSync', () => socket.bindSync());
});

scenario('bind_sync_errors/bound-is-looked-at-before-the-port', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bindSync();
  t.throws('port', () => socket.bindSync({ port: -1 }));
  t.throws('name', () => socket.bindSync({ address: 'localhost' }));
  socket.close();
  t.throws('closed', () => socket.bindSync({ port: -1 }));
});

scenario('bind_sync_errors/closed', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.close(() => t.throws('in the callback', () => socket.bindSync()));
  t.throws('after close', () => socket.bindSync());
});

scenario('bind_sync_errors/flushes-a-queue-that-nobody-else-would', {
  since,
  trap: 'a send whose bind failed inside the call waits on for a listening event',
}, (t) => {
  let fail = true;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (fail) callback(new Error('no'));
      else process.nextTick(callback, null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
  fail = false;
  socket.bindSync();
  t.log('bindSync has returned');
});

scenario('bind_sync_errors/buffer-size-that-the-system-refuses', {
  since,
  trap: 'throws and leaves the socket bound, without a listening event',
}, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 2 ** 31 });
  t.on(socket, 'socket', 'listening', 'error', 'close');
  t.throws('bindSync', () => socket.bindSync({ address: '127.0.0.1' }));
  t.throws('bindSync again', () => socket.bindSync({ address: '127.0.0.1' }));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.settle(() => socket.close());
});
