'use strict';

// bindSync: its forms, what it returns, when 'listening' comes, and what works before that. Failures are in
// bind_sync_errors.txt.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('bind_sync/returns-the-address', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  const address = socket.bindSync({ port: 0, address: '127.0.0.1' });
  t.port(socket, 'socket');
  t.returns('bindSync', () => address);
  t.returns('address', () => socket.address());
  socket.close();
});

scenario('bind_sync/without-arguments', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  const address = socket.bindSync();
  t.port(socket, 'socket');
  t.returns('bindSync', () => address);
  socket.close();
});

scenario('bind_sync/empty-options', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  const address = socket.bindSync({});
  t.port(socket, 'socket');
  t.returns('bindSync', () => address);
  socket.close();
});

scenario('bind_sync/address-only', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  const address = socket.bindSync({ address: '127.0.0.2' });
  t.port(socket, 'socket');
  t.returns('bindSync', () => address);
  socket.close();
});

scenario('bind_sync/port-only', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.returns('bindSync', () => socket.bindSync({ port: 12345 }));
  socket.close();
});

scenario('bind_sync/given-port', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.returns('bindSync', () => socket.bindSync({ port: 12345, address: '127.0.0.1' }));
  t.returns('address', () => socket.address());
  socket.close();
});

scenario('bind_sync/empty-address', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  const address = socket.bindSync({ port: 0, address: '' });
  t.port(socket, 'socket');
  t.returns('bindSync', () => address);
  socket.close();
});

scenario('bind_sync/default-address-of-udp6', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.returns('bindSync', () => socket.bindSync({ port: 12345 }));
  socket.close();
});

scenario('bind_sync/ipv6-addresses', { since, namespace: true }, (t) => {
  for (const address of ['::1', 'fd00::1', '::ffff:127.0.0.1', 'fe80::ff:fe00:1%eth0']) {
    const socket = dgram.createSocket('udp6');
    t.returns(address, () => socket.bindSync({ port: 12345, address }));
    socket.close();
  }
});

scenario('bind_sync/listening-on-the-next-tick', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening');
  t.tick('before');
  t.microtask('before');
  socket.bindSync();
  t.log('bindSync has returned');
  t.tick('after');
  t.microtask('after');
  t.immediate('after');
  socket.on('listening', () => {
    t.log('listener that was added afterwards');
    t.tick('of the listener');
    socket.close();
  });
});

scenario('bind_sync/listening-in-the-order-of-the-calls', { since }, (t) => {
  // A bind of an address in numbers takes as many ticks.
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  const third = dgram.createSocket('udp4');
  t.on(first, 'first', 'listening');
  t.on(second, 'second', 'listening');
  t.on(third, 'third', 'listening');
  first.bindSync();
  second.bind(0, '127.0.0.1');
  third.bindSync();
  third.on('listening', () => {
    first.close();
    second.close();
    third.close();
  });
});

scenario('bind_sync/listening-is-emitted-once', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'message', 'close');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  t.port(socket, 'socket');
  socket.send('x', port, '127.0.0.1');
  socket.on('message', () => socket.close());
});

scenario('bind_sync/closed-before-listening', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error', 'close');
  socket.bindSync();
  t.returns('close', () => socket.close());
  t.tick('after close');
});

scenario('bind_sync/closed-by-an-earlier-tick', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error', 'close');
  process.nextTick(() => {
    t.log('tick before');
    socket.close();
  });
  socket.bindSync();
  t.tick('after');
});

scenario('bind_sync/closed-by-a-signal', { since }, (t) => {
  const controller = new AbortController();
  const socket = dgram.createSocket({ type: 'udp4', signal: controller.signal });
  t.on(socket, 'socket', 'listening', 'error', 'close');
  socket.bindSync();
  controller.abort();
  t.throws('address', () => socket.address());
});

scenario('bind_sync/closed-by-the-first-listener', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => {
    t.log('first listener');
    socket.close();
  });
  t.on(socket, 'socket', 'listening', 'close');
  socket.bindSync();
});

scenario('bind_sync/ready-at-once', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.bindSync();
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.returns('setTTL', () => socket.setTTL(16));
  t.returns('setBroadcast', () => socket.setBroadcast(true));
  t.throws('remoteAddress', () => socket.remoteAddress());
  socket.on('listening', () => socket.close());
});

scenario('bind_sync/membership-at-once', { since, namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'message');
  socket.bindSync({ port: 12345 });
  t.returns('addMembership', () => socket.addMembership('224.0.0.114', '10.0.0.1'));
  socket.setMulticastInterface('10.0.0.1');
  socket.send('to the group', 12345, '224.0.0.114');
  socket.on('message', () => socket.close());
});

scenario('bind_sync/message', { since }, (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'listening', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.bindSync({ address: '127.0.0.1' });
  t.port(sender, 'sender');
  sender.send('hello', port, '127.0.0.1', (err, bytes) => t.sent('hello', err, bytes));
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('bind_sync/message-that-waits-comes-after-listening', { since }, (t) => {
  // What arrives inside the call is delivered by the event loop, as ever.
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.connectSync(port, '127.0.0.1');
  t.port(sender, 'sender');
  sender.send('early');
  t.readable(receiver);
  t.on(receiver, 'receiver', 'listening', 'message');
  t.tick('after');
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('bind_sync/send-at-once', { since }, (t) => {
  // Nothing waits for 'listening': a send takes its ticks from the call.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'message');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  t.port(socket, 'socket');
  socket.send('x', port, '127.0.0.1', (err, bytes) => t.sent('x', err, bytes));
  t.log('send has returned');
  t.tick('after send');
  socket.on('message', () => socket.close());
});

scenario('bind_sync/connect-at-once', { since }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect');
  socket.bindSync({ address: '127.0.0.1' });
  socket.connect(9, '127.0.0.1', () => {
    t.log('callback');
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
  t.returns('listeners', () => socket.listenerCount('connect'));
  t.tick('after connect');
});

scenario('bind_sync/lookup-is-not-asked', { since }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname) {
      t.log(`never asked: ${hostname}`);
    },
  });
  t.on(socket, 'socket', 'listening', 'close');
  socket.bindSync();
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  socket.on('listening', () => socket.close());
});

scenario('bind_sync/buffer-sizes', { since }, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 8192, sendBufferSize: 10240 });
  socket.bindSync();
  t.returns('recv', () => socket.getRecvBufferSize());
  t.returns('send', () => socket.getSendBufferSize());
  socket.close();
});

scenario('bind_sync/reuse-addr-of-both', { since }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const second = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const { port } = first.bindSync({ address: '127.0.0.1' });
  t.port(first, 'both');
  t.returns('bindSync', () => second.bindSync({ port, address: '127.0.0.1' }));
  first.close();
  second.close();
});

scenario('bind_sync/ipv6-only', { since, namespace: true }, (t) => {
  const six = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  const four = dgram.createSocket('udp4');
  t.returns('six', () => six.bindSync({ port: 12345 }));
  t.returns('four', () => four.bindSync({ port: 12345 }));
  six.close();
  four.close();
});

scenario('bind_sync/exception-in-listening', { since }, (t) => {
  // It leaves the tick, not bindSync.
  t.survive();
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.on('listening', () => {
    throw new Error('from the listener');
  });
  socket.on('listening', () => t.log('never called'));
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  t.log('bindSync has returned');
  t.settle(() => {
    t.port(socket, 'socket');
    socket.send('it receives', port, '127.0.0.1');
  });
  socket.on('message', () => socket.close());
});

scenario('bind_sync/in-a-callback', { since }, (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  t.on(second, 'second', 'listening');
  first.bind(0, '127.0.0.1', () => {
    second.bindSync({ address: '127.0.0.1' });
    t.log('callback returns');
    second.on('listening', () => {
      first.close();
      second.close();
    });
  });
  first.on('listening', () => t.log('next listener of the first'));
});
