'use strict';

// connectSync: what it does inside the call, and when 'connect' comes. Failures are in connect_sync_errors.txt.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('connect_sync/bound', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('connectSync', () => socket.connectSync(9, '127.0.0.1'));
    t.returns('remoteAddress', () => socket.remoteAddress());
  });
  socket.on('connect', () => socket.close());
});

scenario('connect_sync/unbound', { since }, (t) => {
  // Binds to any address first. The connection then chooses the address.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  t.returns('connectSync', () => socket.connectSync(9, '127.0.0.1'));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.on('connect', () => socket.close());
});

scenario('connect_sync/after-bind-sync', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  const address = socket.bindSync();
  t.port(socket, 'socket');
  t.returns('bindSync', () => address);
  socket.connectSync(9, '127.0.0.1');
  t.returns('address', () => socket.address());
  socket.on('connect', () => socket.close());
});

scenario('connect_sync/default-address', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connectSync(9);
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.close();
});

scenario('connect_sync/empty-address', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connectSync(9, '');
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.close();
});

scenario('connect_sync/default-address-of-udp6', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.connectSync(9);
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.close();
});

scenario('connect_sync/mapped-peer', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.connectSync(9, '::ffff:127.0.0.1');
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.close();
});

scenario('connect_sync/link-local-peer', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.connectSync(9, 'fe80::1%eth1');
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.close();
});

scenario('connect_sync/address-of-the-route', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connectSync(9, '10.0.1.77');
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  socket.close();
});

scenario('connect_sync/connect-on-the-next-tick', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.on(socket, 'socket', 'connect');
    t.tick('before');
    t.microtask('before');
    socket.connectSync(9, '127.0.0.1');
    t.log('connectSync has returned');
    t.tick('after');
    t.microtask('after');
    t.immediate('after');
    socket.on('connect', () => {
      t.log('listener that was added afterwards');
      socket.close();
    });
  });
});

scenario('connect_sync/listening-comes-first', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'listening');
  socket.on('listening', () => {
    t.returns('remoteAddress when listening', () => socket.remoteAddress());
    t.tick('of listening');
  });
  socket.connectSync(9, '127.0.0.1');
  t.tick('after');
  socket.on('connect', () => socket.close());
});

scenario('connect_sync/closed-before-connect', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error', 'close');
  socket.connectSync(9, '127.0.0.1');
  t.returns('close', () => socket.close());
  t.tick('after close');
});

scenario('connect_sync/closed-when-listening', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error', 'close');
  socket.on('listening', () => socket.close());
  socket.connectSync(9, '127.0.0.1');
});

scenario('connect_sync/closed-by-a-signal', { since }, (t) => {
  const controller = new AbortController();
  const socket = dgram.createSocket({ type: 'udp4', signal: controller.signal });
  t.on(socket, 'socket', 'listening', 'connect', 'error', 'close');
  socket.connectSync(9, '127.0.0.1');
  controller.abort();
  t.throws('remoteAddress', () => socket.remoteAddress());
});

scenario('connect_sync/send-at-once', { since }, (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'listening', 'connect');
  receiver.bind(0, '127.0.0.1', () => {
    sender.connectSync(receiver.address().port, '127.0.0.1');
    t.port(sender, 'sender');
    sender.send('x', (err, bytes) => t.sent('x', err, bytes));
    t.readable(receiver);
    t.log('it is there when send returns');
    t.tick('after send');
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('connect_sync/echo', { since }, (t) => {
  const server = dgram.createSocket('udp4');
  const client = dgram.createSocket('udp4');
  t.on(server, 'server', 'message');
  t.on(client, 'client', 'message');
  const { port } = server.bindSync({ address: '127.0.0.1' });
  t.port(server, 'server');
  client.connectSync(port, '127.0.0.1');
  t.port(client, 'client');
  client.send('hello');
  server.on('message', (msg, rinfo) => server.send(msg, rinfo.port, rinfo.address));
  client.on('message', () => {
    client.close();
    server.close();
  });
});

scenario('connect_sync/only-the-peer-is-heard', { since }, (t) => {
  const peer = dgram.createSocket('udp4');
  const stranger = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  const { port } = peer.bindSync({ address: '127.0.0.1' });
  t.port(peer, 'peer');
  socket.connectSync(port, '127.0.0.1');
  const own = socket.address().port;
  stranger.send('from a stranger', own, '127.0.0.1', () => peer.send('from the peer', own, '127.0.0.1'));
  socket.on('message', () => {
    peer.close();
    stranger.close();
    socket.close();
  });
});

scenario('connect_sync/lookup-is-not-asked', { since }, (t) => {
  // Neither for the peer nor for the bind.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname) {
      t.log(`never asked: ${hostname}`);
    },
  });
  t.on(socket, 'socket', 'listening', 'connect');
  socket.connectSync(9);
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.on('connect', () => socket.close());
});

scenario('connect_sync/disconnect-and-again', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bindSync({ address: '127.0.0.1' });
  socket.once('connect', () => {
    t.log('connected');
    t.returns('disconnect', () => socket.disconnect());
    t.throws('remoteAddress', () => socket.remoteAddress());
    socket.connectSync(10, '127.0.0.2');
    t.returns('remoteAddress again', () => socket.remoteAddress());
    socket.once('connect', () => {
      t.log('connected again');
      socket.close();
    });
  });
  socket.connectSync(9, '127.0.0.1');
});

scenario('connect_sync/disconnect-before-connect', {
  since,
  trap: 'the event comes though the socket is not connected any more',
}, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'close');
  socket.bindSync({ address: '127.0.0.1' });
  socket.connectSync(9, '127.0.0.1');
  t.returns('disconnect', () => socket.disconnect());
  socket.on('connect', () => t.throws('remoteAddress', () => socket.remoteAddress()));
  setImmediate(() => socket.close());
});

scenario('connect_sync/twice-before-connect', { since }, (t) => {
  // Each has its event.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'close');
  socket.bindSync({ address: '127.0.0.1' });
  socket.connectSync(9, '127.0.0.1');
  socket.disconnect();
  socket.connectSync(10, '127.0.0.1');
  t.returns('remoteAddress', () => socket.remoteAddress());
  setImmediate(() => socket.close());
});

scenario('connect_sync/after-a-disconnected-connect', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1', () => {
      socket.disconnect();
      t.returns('connectSync', () => socket.connectSync(10, '127.0.0.1'));
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.close();
    });
  });
});

scenario('connect_sync/exception-in-connect', { since }, (t) => {
  // It leaves the tick, not connectSync.
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on('connect', () => {
    throw new Error('from the listener');
  });
  socket.on('connect', () => t.log('never called'));
  socket.connectSync(9, '127.0.0.1');
  t.log('connectSync has returned');
  t.settle(() => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});
