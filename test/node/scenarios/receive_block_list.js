'use strict';

// The option receiveBlockList: from whom a socket takes nothing. The lists themselves are in block_list.js.

const dgram = require('node:dgram');
const { BlockList } = require('node:net');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('receive_block_list/drops-silently', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const blocked = dgram.createSocket('udp4');
  const other = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message', 'error');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  blocked.bindSync({ address: '127.0.0.2' });
  other.bindSync({ address: '127.0.0.3' });
  t.port(other, 'other');
  blocked.send('from the blocked', port, '127.0.0.1', (err, bytes) => {
    t.sent('from the blocked', err, bytes);
    other.send('from the other', port, '127.0.0.1');
  });
  receiver.on('message', () => {
    receiver.close();
    blocked.close();
    other.close();
  });
});

scenario('receive_block_list/between-others', { since }, (t) => {
  // Those before and behind come, in their order.
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const blocked = dgram.createSocket('udp4');
  const other = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message', 'error');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  blocked.bindSync({ address: '127.0.0.2' });
  other.bindSync({ address: '127.0.0.3' });
  t.port(other, 'other');
  blocked.connectSync(port, '127.0.0.1');
  other.connectSync(port, '127.0.0.1');
  blocked.send('1');
  t.readable(receiver);
  other.send('2');
  blocked.send('3');
  blocked.send('4');
  other.send('5');
  blocked.send('6');
  t.readable(receiver, 6);
  let messages = 0;
  receiver.on('message', () => {
    if (++messages < 2) return;
    t.settle(() => {
      receiver.close();
      blocked.close();
      other.close();
    });
  });
});

scenario('receive_block_list/own-datagrams', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  t.on(socket, 'socket', 'message', 'error');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  socket.send('x', port, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    t.settle(() => socket.close());
  });
});

scenario('receive_block_list/once-waits-for-the-next', { since }, (t) => {
  // A dropped datagram is no event.
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const sender = dgram.createSocket('udp4');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.bindSync({ address: '127.0.0.2' });
  receiver.once('message', () => t.log('never called'));
  sender.send('x', port, '127.0.0.1');
  t.settle(() => {
    t.returns('listeners', () => receiver.listenerCount('message'));
    receiver.close();
    sender.close();
  });
});

scenario('receive_block_list/empty-datagram', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message', 'error');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.bindSync({ address: '127.0.0.2' });
  sender.send('', port, '127.0.0.1', (err, bytes) => t.sent('nothing', err, bytes));
  t.settle(() => {
    receiver.close();
    sender.close();
  });
});

scenario('receive_block_list/rules-added-later', { since }, (t) => {
  const list = new BlockList();
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.bindSync({ address: '127.0.0.2' });
  t.port(sender, 'sender');
  sender.send('before', port, '127.0.0.1');
  receiver.on('message', () => {
    list.addAddress('127.0.0.2');
    sender.send('afterwards', port, '127.0.0.1');
    t.settle(() => {
      receiver.close();
      sender.close();
    });
  });
});

scenario('receive_block_list/rule-added-when-it-is-in-the-kernel', { since }, (t) => {
  // The list is asked when the datagram is delivered.
  const list = new BlockList();
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.bindSync({ address: '127.0.0.2' });
  sender.connectSync(port, '127.0.0.1');
  sender.send('x');
  t.readable(receiver);
  list.addAddress('127.0.0.2');
  t.settle(() => {
    t.log('nothing came');
    receiver.close();
    sender.close();
  });
});

scenario('receive_block_list/rule-added-in-message', { since }, (t) => {
  // It counts for the next datagram, which is already there.
  const list = new BlockList();
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  sender.bindSync({ address: '127.0.0.2' });
  t.port(sender, 'sender');
  sender.connectSync(port, '127.0.0.1');
  sender.send('1');
  t.readable(receiver);
  sender.send('2');
  t.readable(receiver, 2);
  receiver.on('message', () => {
    list.addAddress('127.0.0.2');
    t.settle(() => {
      receiver.close();
      sender.close();
    });
  });
});

scenario('receive_block_list/ranges-and-subnets', { since }, (t) => {
  const list = new BlockList();
  list.addRange('127.0.0.10', '127.0.0.12');
  list.addSubnet('127.0.1.0', 24);
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const { port } = receiver.bindSync({ address: '127.0.0.1' });
  const addresses = ['127.0.0.9', '127.0.0.10', '127.0.0.12', '127.0.0.13', '127.0.1.1', '127.0.1.254', '127.0.2.1'];
  const sockets = addresses.map((address) => {
    const socket = dgram.createSocket('udp4');
    socket.bindSync({ address });
    socket.connectSync(port, '127.0.0.1');
    socket.send(address);
    return socket;
  });
  receiver.on('message', (msg) => {
    t.log(`from ${msg.toString()}`);
    if (msg.toString() !== '127.0.2.1') return;
    receiver.close();
    for (const socket of sockets) socket.close();
  });
});

scenario('receive_block_list/connected-peer', { since }, (t) => {
  // One may be connected to a blocked peer. Its datagrams are dropped all the same.
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const receiver = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const peer = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'connect', 'message', 'error');
  t.on(peer, 'peer', 'message');
  peer.bindSync({ address: '127.0.0.2' });
  receiver.bindSync({ address: '127.0.0.1' });
  t.port(receiver, 'receiver');
  t.returns('connectSync', () => receiver.connectSync(peer.address().port, '127.0.0.2'));
  receiver.send('question');
  peer.on('message', (msg, rinfo) => {
    peer.send('answer', rinfo.port, rinfo.address);
    t.settle(() => {
      receiver.close();
      peer.close();
    });
  });
});

scenario('receive_block_list/only-for-receiving', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const sender = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const receiver = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  const { port } = receiver.bindSync({ address: '127.0.0.2' });
  sender.bindSync({ address: '127.0.0.1' });
  t.port(sender, 'sender');
  sender.send('x', port, '127.0.0.2', (err, bytes) => t.sent('x', err, bytes));
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('receive_block_list/both-lists', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list, receiveBlockList: list });
  const blocked = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message', 'error');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  blocked.bindSync({ address: '127.0.0.2' });
  t.port(socket, 'socket');
  t.port(blocked, 'blocked');
  blocked.send('from the blocked', port, '127.0.0.1', () => {
    socket.send('to the blocked', blocked.address().port, '127.0.0.2', (err, bytes) => {
      t.sent('to the blocked', err, bytes);
      socket.send('to itself', port, '127.0.0.1');
    });
  });
  socket.on('message', () => {
    socket.close();
    blocked.close();
  });
});

scenario('receive_block_list/empty', { since }, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', receiveBlockList: new BlockList() });
  t.on(socket, 'socket', 'message');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  t.port(socket, 'socket');
  socket.send('x', port, '127.0.0.1');
  socket.on('message', () => socket.close());
});

scenario('receive_block_list/one-list-for-two-sockets', { since }, (t) => {
  const list = new BlockList();
  const first = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  const second = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  t.on(first, 'first', 'message');
  t.on(second, 'second', 'message');
  first.bindSync({ address: '127.0.0.1' });
  second.bindSync({ address: '127.0.0.1' });
  list.addAddress('127.0.0.1');
  first.send('x', second.address().port, '127.0.0.1');
  second.send('x', first.address().port, '127.0.0.1');
  t.settle(() => {
    t.log('nothing came');
    first.close();
    second.close();
  });
});

scenario('receive_block_list/mapped-peer', { since, namespace: true }, (t) => {
  // An IPv4 rule is for the peers of a udp6 socket, too.
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const receiver = dgram.createSocket({ type: 'udp6', receiveBlockList: list });
  const blocked = dgram.createSocket('udp4');
  const other = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  receiver.bindSync({ port: 12345 });
  blocked.bindSync({ port: 12346, address: '127.0.0.2' });
  other.bindSync({ port: 12347, address: '127.0.0.3' });
  blocked.send('from the blocked', 12345, '127.0.0.1', () => other.send('from the other', 12345, '127.0.0.1'));
  receiver.on('message', () => {
    receiver.close();
    blocked.close();
    other.close();
  });
});

scenario('receive_block_list/mapped-peer-and-subnet', { since, namespace: true }, (t) => {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8);
  const receiver = dgram.createSocket({ type: 'udp6', receiveBlockList: list });
  const four = dgram.createSocket('udp4');
  const six = dgram.createSocket('udp6');
  t.on(receiver, 'receiver', 'message');
  receiver.bindSync({ port: 12345 });
  four.bindSync({ port: 12346, address: '127.0.0.1' });
  six.bindSync({ port: 12347, address: '::1' });
  four.send('by IPv4', 12345, '127.0.0.1', () => six.send('by IPv6', 12345, '::1'));
  receiver.on('message', () => {
    receiver.close();
    four.close();
    six.close();
  });
});

scenario('receive_block_list/rule-of-a-mapped-address', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('::ffff:127.0.0.1', 'ipv6');
  const socket = dgram.createSocket({ type: 'udp4', receiveBlockList: list });
  t.on(socket, 'socket', 'message');
  const { port } = socket.bindSync({ address: '127.0.0.1' });
  socket.send('x', port, '127.0.0.1', () => {
    t.settle(() => {
      t.log('nothing came');
      socket.close();
    });
  });
});

scenario('receive_block_list/ipv6', { since, namespace: true }, (t) => {
  const list = new BlockList();
  list.addAddress('fd00::1', 'ipv6');
  const receiver = dgram.createSocket({ type: 'udp6', receiveBlockList: list });
  const blocked = dgram.createSocket('udp6');
  const other = dgram.createSocket('udp6');
  t.on(receiver, 'receiver', 'message');
  receiver.bindSync({ port: 12345 });
  blocked.bindSync({ port: 12346, address: 'fd00::1' });
  other.bindSync({ port: 12347, address: 'fd01::1' });
  blocked.send('from the blocked', 12345, 'fd00::1', () => other.send('from the other', 12345, 'fd01::1'));
  receiver.on('message', () => {
    receiver.close();
    blocked.close();
    other.close();
  });
});

scenario('receive_block_list/zone', { since, namespace: true }, (t) => {
  // A link-local peer is blocked on every link.
  const list = new BlockList();
  list.addAddress('fe80::ff:fe00:1', 'ipv6');
  const receiver = dgram.createSocket({ type: 'udp6', receiveBlockList: list });
  const blocked = dgram.createSocket('udp6');
  const other = dgram.createSocket('udp6');
  t.on(receiver, 'receiver', 'message');
  receiver.bindSync({ port: 12345 });
  blocked.bindSync({ port: 12346, address: 'fe80::ff:fe00:1%eth0' });
  other.bindSync({ port: 12347, address: 'fe80::ff:fe00:2%eth1' });
  blocked.send('from the blocked', 12345, 'fe80::ff:fe00:1%eth0', (err, bytes) => {
    t.sent('from the blocked', err, bytes);
    other.send('from the other', 12345, 'fe80::ff:fe00:2%eth1');
  });
  receiver.on('message', () => {
    receiver.close();
    blocked.close();
    other.close();
  });
});
