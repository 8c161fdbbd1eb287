'use strict';

// The option reusePort: sockets that share a port, each of which gets a part of the datagrams. Which one gets which is
// the system's choice, so that only their number is told here.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('reuse_port/two-sockets', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: true });
  const second = dgram.createSocket({ type: 'udp4', reusePort: true });
  t.on(first, 'first', 'error', 'close');
  t.on(second, 'second', 'error', 'close');
  first.bind(12345, '127.0.0.1', () => {
    t.returns('first', () => first.address());
    second.bind(12345, '127.0.0.1', () => {
      t.returns('second', () => second.address());
      first.close();
      second.close();
    });
  });
});

scenario('reuse_port/bind-sync', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: true });
  const second = dgram.createSocket({ type: 'udp4', reusePort: true });
  t.returns('first', () => first.bindSync({ port: 12345, address: '127.0.0.1' }));
  t.returns('second', () => second.bindSync({ port: 12345, address: '127.0.0.1' }));
  first.close();
  second.close();
});

scenario('reuse_port/three-sockets-at-any-address', { since, namespace: true }, (t) => {
  const sockets = [1, 2, 3].map(() => dgram.createSocket({ type: 'udp4', reusePort: true }));
  for (const socket of sockets) t.returns('bindSync', () => socket.bindSync({ port: 12345 }));
  for (const socket of sockets) socket.close();
});

scenario('reuse_port/udp6', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp6', reusePort: true });
  const second = dgram.createSocket({ type: 'udp6', reusePort: true });
  t.returns('first', () => first.bindSync({ port: 12345 }));
  t.returns('second', () => second.bindSync({ port: 12345 }));
  first.close();
  second.close();
});

scenario('reuse_port/two-families', { since, namespace: true }, (t) => {
  const six = dgram.createSocket({ type: 'udp6', reusePort: true });
  const four = dgram.createSocket({ type: 'udp4', reusePort: true });
  t.returns('six', () => six.bindSync({ port: 12345 }));
  t.returns('four', () => four.bindSync({ port: 12345 }));
  six.close();
  four.close();
});

scenario('reuse_port/second-without-it', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: true });
  const second = dgram.createSocket('udp4');
  first.bind(12345, '127.0.0.1', () => second.bind(12345, '127.0.0.1'));
  second.on('error', (err) => {
    t.error('second', err);
    first.close();
    second.close();
  });
});

scenario('reuse_port/first-without-it', { since, namespace: true }, (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket({ type: 'udp4', reusePort: true });
  first.bind(12345, '127.0.0.1', () => second.bind(12345, '127.0.0.1'));
  second.on('error', (err) => {
    t.error('second', err);
    first.close();
    second.close();
  });
});

scenario('reuse_port/second-without-it-sync', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: true });
  const second = dgram.createSocket('udp4');
  first.bindSync({ port: 12345, address: '127.0.0.1' });
  t.throws('bindSync', () => second.bindSync({ port: 12345, address: '127.0.0.1' }));
  first.close();
  second.close();
});

scenario('reuse_port/with-reuse-addr', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: true, reuseAddr: true });
  const second = dgram.createSocket({ type: 'udp4', reusePort: true, reuseAddr: true });
  const third = dgram.createSocket({ type: 'udp4', reusePort: true });
  t.returns('first', () => first.bindSync({ port: 12345, address: '127.0.0.1' }));
  t.returns('second', () => second.bindSync({ port: 12345, address: '127.0.0.1' }));
  t.returns('third', () => third.bindSync({ port: 12345, address: '127.0.0.1' }));
  first.close();
  second.close();
  third.close();
});

scenario('reuse_port/one-has-the-port-the-other-the-address', { since, namespace: true }, (t) => {
  const port = dgram.createSocket({ type: 'udp4', reusePort: true });
  const address = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  port.bindSync({ port: 12345, address: '127.0.0.1' });
  t.throws('reuseAddr behind reusePort', () => address.bindSync({ port: 12345, address: '127.0.0.1' }));
  port.close();
  address.bindSync({ port: 12345, address: '127.0.0.1' });
  const next = dgram.createSocket({ type: 'udp4', reusePort: true });
  t.throws('reusePort behind reuseAddr', () => next.bindSync({ port: 12345, address: '127.0.0.1' }));
  address.close();
  next.close();
});

scenario('reuse_port/both-options-and-only-the-address', {
  since,
  namespace: true,
  trap: 'reuseAddr counts beside reusePort: a socket that has only it is let in',
}, (t) => {
  const both = dgram.createSocket({ type: 'udp4', reusePort: true, reuseAddr: true });
  const address = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  both.bindSync({ port: 12345, address: '127.0.0.1' });
  t.throws('bindSync', () => address.bindSync({ port: 12345, address: '127.0.0.1' }));
  both.close();
  address.close();
});

scenario('reuse_port/each-datagram-comes-once', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: true });
  const second = dgram.createSocket({ type: 'udp4', reusePort: true });
  first.bindSync({ port: 12345, address: '127.0.0.1' });
  second.bindSync({ port: 12345, address: '127.0.0.1' });
  const senders = [];
  let messages = 0;
  for (const socket of [first, second]) {
    socket.on('message', () => {
      if (++messages < 20) return;
      t.settle(() => {
        t.log(`${messages} messages`);
        first.close();
        second.close();
        for (const sender of senders) sender.close();
      });
    });
  }
  for (let i = 0; i < 20; i++) {
    const sender = dgram.createSocket('udp4');
    senders.push(sender);
    sender.connectSync(12345, '127.0.0.1');
    sender.send('x');
  }
});

scenario('reuse_port/the-other-one-is-closed', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: true });
  const second = dgram.createSocket({ type: 'udp4', reusePort: true });
  const sender = dgram.createSocket('udp4');
  first.bindSync({ port: 12345, address: '127.0.0.1' });
  second.bindSync({ port: 12345, address: '127.0.0.1' });
  sender.bindSync({ port: 12346, address: '127.0.0.1' });
  t.on(first, 'first', 'message', 'error');
  second.close();
  sender.send('for the one that is left', 12345, '127.0.0.1');
  first.on('message', () => {
    first.close();
    sender.close();
  });
});

scenario('reuse_port/port-of-the-system', { since }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: true });
  const second = dgram.createSocket({ type: 'udp4', reusePort: true });
  const { port } = first.bindSync({ address: '127.0.0.1' });
  t.port(first, 'first');
  t.returns('second', () => second.bindSync({ port, address: '127.0.0.1' }));
  first.close();
  second.close();
});

scenario('reuse_port/send-binds', { since }, (t) => {
  const receiver = dgram.createSocket({ type: 'udp4', reusePort: true });
  const sender = dgram.createSocket({ type: 'udp4', reusePort: true });
  t.on(sender, 'sender', 'listening', 'error');
  t.on(receiver, 'receiver', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.on('listening', () => t.port(sender, 'sender'));
  sender.send('x', port, '127.0.0.1', (err, bytes) => t.sent('x', err, bytes));
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('reuse_port/not-asked-for', { since, namespace: true }, (t) => {
  const first = dgram.createSocket({ type: 'udp4', reusePort: false });
  const second = dgram.createSocket({ type: 'udp4', reusePort: false });
  first.bindSync({ port: 12345, address: '127.0.0.1' });
  t.throws('bindSync', () => second.bindSync({ port: 12345, address: '127.0.0.1' }));
  first.close();
  second.close();
});
