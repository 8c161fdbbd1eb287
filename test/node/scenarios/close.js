'use strict';

// close and asyncDispose: when 'close' comes, who hears it, and what becomes of what was under way.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('close/returns-the-socket', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close');
  t.returns('close', () => socket.close());
});

scenario('close/unbound', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('close', () => t.log('listener'));
  socket.close(() => t.log('callback'));
  t.log('close has returned');
  t.tick('after close');
});

scenario('close/callback-has-no-arguments', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.close(function (...args) {
    t.log(`${args.length} arguments, this is the socket: ${this === socket}`);
  });
});

scenario('close/callback-is-an-ordinary-listener', (t) => {
  // It stays where it is after the event.
  const socket = dgram.createSocket('udp4');
  socket.on('close', () => t.log('listener before'));
  socket.close(() => t.log('callback'));
  socket.on('close', () => {
    t.log('listener after');
    t.returns('listeners', () => socket.listenerCount('close'));
  });
});

scenario('close/listener-added-after-close', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    t.on(socket, 'socket', 'close');
    t.log('close has returned');
  });
});

scenario('close/twice', { trap: 'close throws, and its callback is called nevertheless' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.close(() => t.log('first callback'));
    t.throws('close again', () => socket.close(() => t.log('second callback')));
  });
});

scenario('close/after-the-event', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.close(() => {
    t.throws('close in the event', () => socket.close(() => t.log('never called')));
    setImmediate(() => t.throws('close later', () => socket.close(() => t.log('never called'))));
  });
});

scenario('close/one-event', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    try {
      socket.close();
    } catch {
      t.log('the second close threw');
    }
    t.settle(() => t.log('end'));
  });
});

scenario('close/in-listening', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'close', 'error');
  socket.on('listening', () => {
    t.returns('close', () => socket.close());
    t.throws('address', () => socket.address());
  });
  socket.bind(0, '127.0.0.1', () => t.log('the callback of bind comes after that'));
});

scenario('close/while-binding', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'close', 'error');
  socket.bind(0, '127.0.0.1', () => t.log('never called'));
  socket.close(() => t.log('close callback'));
  t.throws('bind', () => socket.bind(0, '127.0.0.1'));
});

scenario('close/while-looking-up-to-bind', (t) => {
  // What the lookup finds is of no interest any more.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      setImmediate(() => {
        t.log('the lookup answers');
        callback(null, '127.0.0.1', 4);
      });
    },
  });
  t.on(socket, 'socket', 'listening', 'close', 'error');
  socket.bind(0, 'somewhere');
  socket.close();
});

scenario('close/while-the-lookup-to-bind-fails', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      setImmediate(() => {
        t.log('the lookup fails');
        callback(new Error('no'));
      });
    },
  });
  t.on(socket, 'socket', 'listening', 'close', 'error');
  socket.bind(0, 'somewhere');
  socket.close();
});

scenario('close/while-connecting', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'close', 'error');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1', () => t.log('never called'));
    socket.close();
  });
});

scenario('close/while-looking-up-to-connect', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === '127.0.0.1') return callback(null, hostname, 4);
      setImmediate(() => {
        t.log(`the lookup of ${hostname} answers`);
        if (hostname === 'known') callback(null, '127.0.0.1', 4);
        else callback(new Error('no'));
      });
    },
  });
  t.on(socket, 'socket', 'connect', 'close', 'error');
  socket.bind(0, '127.0.0.1');
  socket.connect(9, 'known', () => t.log('never called'));
  socket.close();
});

scenario('close/while-the-lookup-to-connect-fails', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === '127.0.0.1') return callback(null, hostname, 4);
      setImmediate(() => {
        t.log(`the lookup of ${hostname} fails`);
        callback(new Error('no'));
      });
    },
  });
  t.on(socket, 'socket', 'connect', 'close', 'error');
  socket.bind(0, '127.0.0.1');
  socket.connect(9, 'unknown', () => t.log('never called'));
  socket.close();
});

scenario('close/when-the-system-has-connected', (t) => {
  // The event is on its way and comes.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'connect', 'close', 'error');
  socket.bind(0, '127.0.0.1');
  socket.connect(9, '127.0.0.1', () => t.log('connect callback'));
  socket.close();
});

scenario('close/after-send', { trap: 'the datagram is dropped, its callback never called' }, (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'close', 'error');
  receiver.bind(0, '127.0.0.1', () => {
    sender.bind(0, '127.0.0.1', () => {
      sender.send('x', receiver.address().port, '127.0.0.1', () => t.log('never called'));
      sender.close();
      t.settle(() => receiver.close());
    });
  });
});

scenario('close/after-connected-send', (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'close', 'error');
  receiver.bind(0, '127.0.0.1', () => {
    sender.connect(receiver.address().port, '127.0.0.1', () => {
      t.port(sender, 'sender');
      sender.send('x', (err, bytes) => t.sent('x', err, bytes));
      sender.close();
    });
  });
  receiver.on('message', () => receiver.close());
});

scenario('close/in-the-callback-of-send', (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'close');
  receiver.bind(0, '127.0.0.1', () => {
    sender.send('x', receiver.address().port, '127.0.0.1', (err, bytes) => {
      t.port(sender, 'sender');
      t.sent('x', err, bytes);
      sender.close();
    });
  });
  receiver.on('message', () => receiver.close());
});

scenario('close/lookup-error-after-close', { trap: 'an error is reported by a closed socket' }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === '127.0.0.1') callback(null, hostname, 4);
      else setImmediate(callback, new Error(`no ${hostname}`));
    },
  });
  t.on(socket, 'socket', 'close', 'error');
  socket.bind(0, '127.0.0.1');
  socket.send('x', 9, 'first', (err, bytes) => t.sent('with callback', err, bytes));
  socket.send('x', 9, 'second');
  socket.close();
});

scenario('close/lookup-error-after-close-uncaught', { trap: 'an error is reported by a closed socket' }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === '127.0.0.1') callback(null, hostname, 4);
      else setImmediate(callback, new Error(`no ${hostname}`));
    },
  });
  t.on(socket, 'socket', 'close');
  socket.bind(0, '127.0.0.1');
  socket.send('x', 9, 'somewhere');
  socket.close();
});

scenario('close/lookup-answers-after-close', { trap: 'the datagram is dropped, its callback never called' }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === '127.0.0.1') return callback(null, hostname, 4);
      setImmediate(() => {
        t.log('the lookup answers');
        callback(null, '127.0.0.1', 4);
      });
    },
  });
  t.on(socket, 'socket', 'close', 'error');
  socket.bind(0, '127.0.0.1');
  socket.send('x', 9, 'somewhere', () => t.log('never called'));
  socket.close();
});

scenario('close/in-a-message', (t) => {
  // Two more datagrams wait in the kernel. They are not delivered.
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message', 'close');
  receiver.on('message', () => receiver.close());
  receiver.bind(0, '127.0.0.1', () => {
    sender.connect(receiver.address().port, '127.0.0.1', () => {
      t.port(sender, 'sender');
      sender.send('1');
      t.readable(receiver);
      sender.send('2');
      sender.send('3');
      t.readable(receiver, 3);
      sender.close();
    });
  });
});

scenario('close/other-listeners-of-the-message', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('message', () => {
    t.log('first listener');
    socket.close();
  });
  socket.on('message', () => t.log('second listener'));
  socket.bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1'));
});

scenario('close/in-error', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('error', (err) => {
    t.error('socket', err);
    socket.close(() => t.log('closed'));
  });
  socket.bind(0, '192.0.2.1');
});

scenario('close/frees-the-port-at-once', { namespace: true }, (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  first.bind(12345, '127.0.0.1', () => {
    first.close();
    second.bind(12345, '127.0.0.1', () => {
      t.returns('address', () => second.address());
      second.close();
    });
  });
});

scenario('close/dispose', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('close', () => t.log('close socket'));
  socket.bind(0, '127.0.0.1', () => {
    socket[Symbol.asyncDispose]().then((value) => t.log(`disposed: ${value}`));
    t.throws('address', () => socket.address());
  });
});

scenario('close/dispose-unbound', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('close', () => t.log('close socket'));
  socket[Symbol.asyncDispose]().then((value) => t.log(`disposed: ${value}`));
});

scenario('close/dispose-a-closed-socket', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.close(() => {
    t.log('closed');
    socket[Symbol.asyncDispose]().then((value) => t.log(`disposed: ${value}`));
  });
});
