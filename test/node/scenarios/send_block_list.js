'use strict';

// The option sendBlockList: to whom a socket sends nothing. What it says to a connect is in connect_block_list.js, the
// lists themselves are in block_list.js.

const dgram = require('node:dgram');
const { BlockList } = require('node:net');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('send_block_list/send-with-callback', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.tick('before send');
    t.returns('send', () => socket.send('x', 9, '127.0.0.1', (err, bytes) => {
      t.sent('x', err, bytes);
      t.tick('of the callback');
      setImmediate(() => socket.close());
    }));
    t.tick('after send');
    t.immediate('after send');
  });
});

scenario('send_block_list/callbacks-keep-their-order', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(receiver, 'receiver', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.bindSync();
  t.port(sender, 'sender');
  sender.send('1', port, '127.0.0.1', (err, bytes) => t.sent('1', err, bytes));
  sender.send('2', port, '127.0.0.2', (err, bytes) => t.sent('2', err, bytes));
  sender.send('3', port, '127.0.0.1', (err, bytes) => t.sent('3', err, bytes));
  sender.send('4', port, '127.0.0.2', (err, bytes) => t.sent('4', err, bytes));
  let messages = 0;
  receiver.on('message', () => {
    if (++messages < 2) return;
    receiver.close();
    sender.close();
  });
});

scenario('send_block_list/send-without-callback', { since, trap: 'nobody hears of it' }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'error', 'message');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  socket.send('x', port, '127.0.0.1');
  t.settle(() => {
    t.log('nothing was reported, nothing came');
    socket.close();
  });
});

scenario('send_block_list/send-unbound', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
});

scenario('send_block_list/send-to-the-default-address', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  socket.send('x', 9, (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
});

scenario('send_block_list/send-by-name', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const socket = dgram.createSocket({
    type: 'udp4',
    sendBlockList: list,
    lookup(hostname, family, callback) {
      process.nextTick(callback, null, hostname === 'somewhere' ? '127.0.0.2' : hostname, 4);
    },
  });
  socket.send('x', 9, 'somewhere', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
});

scenario('send_block_list/lookup-that-answers-at-once', { since }, (t) => {
  // The callback does not come inside send all the same.
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const socket = dgram.createSocket({
    type: 'udp4',
    sendBlockList: list,
    lookup(hostname, family, callback) {
      t.log(`lookup ${hostname}`);
      callback(null, hostname, 4);
    },
  });
  socket.bind(0, '127.0.0.1');
  socket.send('x', 9, '127.0.0.2', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
  t.log('send has returned');
  t.tick('after send');
});

scenario('send_block_list/closed-before-the-callback', { since }, (t) => {
  // Once the list has refused it, the callback comes, also after close.
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({
    type: 'udp4',
    sendBlockList: list,
    lookup(hostname, family, callback) {
      callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'close', 'error');
  socket.bind(0, '127.0.0.2');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => t.sent('x', err, bytes));
  socket.close();
});

scenario('send_block_list/send-again-in-the-callback', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'message');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  t.port(socket, 'socket');
  socket.send('x', port, '127.0.0.2', (err, bytes) => {
    t.sent('blocked', err, bytes);
    socket.send('x', port, '127.0.0.1', (err, bytes) => t.sent('allowed', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send_block_list/send-to-the-wrong-family', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('::1', 'ipv6');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  socket.bindSync();
  socket.send('x', 9, '::1', (err, bytes) => {
    t.sent('blocked', err, bytes);
    socket.send('x', 9, '::2', (err, bytes) => {
      t.sent('not blocked', err, bytes);
      socket.close();
    });
  });
});

scenario('send_block_list/nothing-is-queued', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({
    type: 'udp4',
    sendBlockList: list,
    lookup(hostname, family, callback) {
      callback(null, hostname, 4);
    },
  });
  socket.bind(0, '127.0.0.2');
  socket.send('x', 9, '127.0.0.1', () => socket.close());
  t.returns('size', () => socket.getSendQueueSize());
  t.returns('count', () => socket.getSendQueueCount());
});

scenario('send_block_list/rules-added-later', { since }, (t) => {
  const list = new BlockList();
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  socket.bindSync();
  socket.send('x', 9, '127.0.0.2', (err, bytes) => {
    t.sent('before', err, bytes);
    list.addAddress('127.0.0.2');
    socket.send('x', 9, '127.0.0.2', (err, bytes) => {
      t.sent('afterwards', err, bytes);
      socket.close();
    });
  });
});

scenario('send_block_list/rule-added-after-send', { since }, (t) => {
  // The list is asked when the address is known: a tick after send, at the earliest.
  const list = new BlockList();
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  socket.bindSync();
  socket.send('x', 9, '127.0.0.2', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
  list.addAddress('127.0.0.2');
});

scenario('send_block_list/connected-is-not-checked-again', { since }, (t) => {
  const list = new BlockList();
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(receiver, 'receiver', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.connectSync(port, '127.0.0.1');
  t.port(sender, 'sender');
  list.addAddress('127.0.0.1');
  sender.send('x', (err, bytes) => t.sent('x', err, bytes));
  receiver.on('message', () => {
    receiver.close();
    sender.disconnect();
    t.throws('connectSync again', () => sender.connectSync(port, '127.0.0.1'));
    sender.close();
  });
});

scenario('send_block_list/ranges-and-subnets', { since }, (t) => {
  const list = new BlockList();
  list.addRange('127.0.0.10', '127.0.0.12');
  list.addSubnet('127.0.1.0', 24);
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  socket.bindSync();
  const addresses = ['127.0.0.9', '127.0.0.10', '127.0.0.12', '127.0.0.13', '127.0.1.0', '127.0.1.255', '127.0.2.0'];
  for (const address of addresses) {
    socket.send('x', 9, address, (err, bytes) => {
      t.sent(address, err, bytes);
      if (address === '127.0.2.0') socket.close();
    });
  }
});

scenario('send_block_list/empty', { since }, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: new BlockList() });
  t.on(socket, 'socket', 'message');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  t.port(socket, 'socket');
  socket.send('x', port, '127.0.0.1');
  socket.on('message', () => socket.close());
});

scenario('send_block_list/only-for-sending', { since }, (t) => {
  // Datagrams from a blocked address are delivered, and the socket may be bound to one.
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const receiver = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.bindSync({ address: '127.0.0.1' });
  t.port(sender, 'sender');
  sender.send('x', port, '127.0.0.1');
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('send_block_list/one-list-for-two-sockets', { since }, (t) => {
  const list = new BlockList();
  const first = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  const second = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  list.addAddress('127.0.0.2');
  t.throws('first', () => first.connectSync(9, '127.0.0.2'));
  t.throws('second', () => second.connectSync(9, '127.0.0.2'));
  first.close();
  second.close();
});

scenario('send_block_list/mapped-address', { since, namespace: true }, (t) => {
  // An IPv4 rule is for a udp6 socket, too.
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp6', sendBlockList: list });
  t.throws('connectSync', () => socket.connectSync(9, '::ffff:127.0.0.1'));
  socket.send('x', 9, '::ffff:127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.send('x', 9, '::ffff:127.0.0.2', (err, bytes) => {
      t.sent('to another', err, bytes);
      socket.close();
    });
  });
});

scenario('send_block_list/rule-of-a-mapped-address', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('::ffff:127.0.0.1', 'ipv6');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.throws('connectSync', () => socket.connectSync(9, '127.0.0.1'));
  socket.close();
});

scenario('send_block_list/ipv6-subnet', { since, namespace: true }, (t) => {
  const list = new BlockList();
  list.addSubnet('fd00::', 16, 'ipv6');
  const socket = dgram.createSocket({ type: 'udp6', sendBlockList: list });
  t.throws('inside', () => socket.connectSync(9, 'fd00::77'));
  t.returns('outside', () => socket.connectSync(9, 'fd01::77'));
  socket.close();
});

scenario('send_block_list/zone', { since, namespace: true }, (t) => {
  const list = new BlockList();
  list.addAddress('fe80::77', 'ipv6');
  const socket = dgram.createSocket({ type: 'udp6', sendBlockList: list });
  t.throws('connectSync', () => socket.connectSync(9, 'fe80::77%eth0'));
  socket.send('x', 9, 'fe80::77%eth1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.close();
  });
});
