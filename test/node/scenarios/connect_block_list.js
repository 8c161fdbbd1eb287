'use strict';

// The option sendBlockList: to whom a socket does not connect. What it says to a send is in send_block_list.js, the
// lists themselves are in block_list.js.

const dgram = require('node:dgram');
const { BlockList } = require('node:net');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('connect_block_list/with-callback', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'connect', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('connect', () => socket.connect(9, '127.0.0.1', (err) => {
      t.error('callback', err);
      t.returns('listeners', () => socket.listenerCount('connect'));
      socket.close();
    }));
    t.tick('after connect');
  });
});

scenario('connect_block_list/without-callback', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'connect', 'error');
  socket.on('error', () => socket.close());
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1');
    t.tick('after connect');
  });
});

scenario('connect_block_list/nobody-listens-for-it', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  socket.bind(0, '127.0.0.1', () => socket.connect(9, '127.0.0.1'));
});

scenario('connect_block_list/unbound', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.connect(9, '127.0.0.1', (err) => {
    t.error('callback', err);
    socket.close();
  });
});

scenario('connect_block_list/to-the-default-address', { since }, (t) => {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8);
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  socket.connect(9, (err) => {
    t.error('callback', err);
    socket.close();
  });
});

scenario('connect_block_list/again', { since }, (t) => {
  // A refused socket is not connected, and may be connected to others.
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  socket.connect(9, '127.0.0.1', (err) => {
    t.error('callback', err);
    t.throws('remoteAddress', () => socket.remoteAddress());
    socket.connect(9, '127.0.0.2', () => {
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.close();
    });
  });
});

scenario('connect_block_list/sync', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  t.throws('connectSync', () => socket.connectSync(9, '127.0.0.1'));
  t.throws('to the default', () => socket.connectSync(9));
  t.throws('remoteAddress', () => socket.remoteAddress());
  t.returns('to another', () => socket.connectSync(9, '127.0.0.2'));
  t.returns('remoteAddress', () => socket.remoteAddress());
  socket.on('connect', () => socket.close());
});

scenario('connect_block_list/sync-binds-first', { since }, (t) => {
  const list = new BlockList();
  list.addAddress('127.0.0.1');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  t.throws('connectSync', () => socket.connectSync(9, '127.0.0.1'));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  socket.on('listening', () => socket.close());
});

scenario('connect_block_list/to-the-wrong-family', { since }, (t) => {
  // The list is asked before the system.
  const list = new BlockList();
  list.addAddress('::1', 'ipv6');
  const socket = dgram.createSocket({ type: 'udp4', sendBlockList: list });
  t.throws('connectSync', () => socket.connectSync(9, '::1'));
  t.throws('connectSync to another', () => socket.connectSync(9, '::2'));
  socket.connect(9, '::1', (err) => {
    t.error('connect', err);
    socket.close();
  });
});

scenario('connect_block_list/by-name', { since }, (t) => {
  // What counts, and what the error tells, is what the name stands for.
  const list = new BlockList();
  list.addAddress('127.0.0.2');
  const socket = dgram.createSocket({
    type: 'udp4',
    sendBlockList: list,
    lookup(hostname, family, callback) {
      process.nextTick(callback, null, hostname === 'somewhere' ? '127.0.0.2' : hostname, 4);
    },
  });
  socket.connect(9, 'somewhere', (err) => {
    t.error('callback', err);
    socket.close();
  });
});

scenario('connect_block_list/to-an-unknown-name', { since }, (t) => {
  const list = new BlockList();
  list.addSubnet('0.0.0.0', 0);
  const socket = dgram.createSocket({
    type: 'udp4',
    sendBlockList: list,
    lookup(hostname, family, callback) {
      process.nextTick(callback, hostname === 'somewhere' ? new Error('no') : null, hostname, 4);
    },
  });
  socket.connect(9, 'somewhere', (err) => {
    t.error('callback', err);
    socket.close();
  });
});
