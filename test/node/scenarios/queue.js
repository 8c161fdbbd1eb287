'use strict';

// What is called before the socket is bound waits for 'listening': sends, connect, and close behind them. An error
// drops all of it.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

// A lookup that fails for the address that an implicit bind asks for, and succeeds otherwise.
function no_bind(hostname, family, callback) {
  if (hostname === '0.0.0.0') process.nextTick(callback, new Error('no bind'));
  else process.nextTick(callback, null, hostname, 4);
}

scenario('queue/sends-in-order', (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'listening');
  sender.on('listening', () => t.port(sender, 'sender'));
  let messages = 0;
  receiver.bind(0, '127.0.0.1', () => {
    const { port } = receiver.address();
    for (const text of ['one', 'two', 'three']) {
      sender.send(text, port, '127.0.0.1', (err, bytes) => t.sent(text, err, bytes));
    }
  });
  receiver.on('message', () => {
    if (++messages < 3) return;
    receiver.close();
    sender.close();
  });
});

scenario('queue/sends-while-binding', (t) => {
  // They do not bind a second time.
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'listening');
  receiver.bind(0, '127.0.0.1', () => {
    sender.bind(0, '127.0.0.1', () => {
      t.port(sender, 'sender');
      t.returns('address', () => sender.address());
    });
    sender.send('hello', receiver.address().port, '127.0.0.1', (err, bytes) => t.sent('hello', err, bytes));
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('queue/sends-in-listeners', (t) => {
  // A listener that was there before the first send runs before what waits, and what it sends goes first.
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  let messages = 0;
  receiver.bind(0, '127.0.0.1', () => {
    const { port } = receiver.address();
    sender.on('listening', () => {
      t.log('listener before');
      t.port(sender, 'sender');
      sender.send('in the listener before', port, '127.0.0.1');
    });
    sender.send('waiting', port, '127.0.0.1');
    sender.on('listening', () => {
      t.log('listener after');
      sender.send('in the listener after', port, '127.0.0.1');
    });
  });
  receiver.on('message', () => {
    if (++messages < 3) return;
    receiver.close();
    sender.close();
  });
});

scenario('queue/is-not-in-the-counters', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.send('hello', 9, '127.0.0.1');
  t.returns('size', () => socket.getSendQueueSize());
  t.returns('count', () => socket.getSendQueueCount());
  socket.close();
});

scenario('queue/close-drops-the-sends', {
  trap: 'queued datagrams are not sent, their callbacks never called',
}, (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'listening', 'close', 'error');
  receiver.bind(0, '127.0.0.1', () => {
    sender.send('x', receiver.address().port, '127.0.0.1', () => t.log('never called'));
    t.returns('close', () => sender.close(() => t.log('close callback')));
    t.settle(() => receiver.close());
  });
});

scenario('queue/close-behind-a-connect', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'close', 'error');
  socket.connect(9, '127.0.0.1', () => t.log('never called'));
  socket.close(() => t.log('close callback'));
});

scenario('queue/close-twice', { trap: 'the second close throws out of the event loop' }, (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'close');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  t.returns('close', () => socket.close());
  t.returns('close again', () => socket.close());
});

scenario('queue/send-behind-close', { trap: 'the send throws out of the event loop' }, (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'close');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  t.returns('close', () => socket.close());
  t.returns('send', () => socket.send('y', 9, '127.0.0.1', () => t.log('never called')));
});

scenario('queue/bind-fails-and-drops-sends', { trap: 'their callbacks are never called' }, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup: no_bind });
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  socket.send('y', 9, '127.0.0.1', () => t.log('never called'));
  t.settle(() => {
    t.log('nothing more happened');
    socket.close();
  });
});

scenario('queue/bind-fails-and-drops-close', { trap: 'the socket is not closed' }, (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup: no_bind });
  t.on(socket, 'socket', 'listening', 'close', 'error');
  socket.send('x', 9, '127.0.0.1');
  socket.close(() => t.log('first close callback'));
  t.settle(() => {
    t.log('nothing more happened');
    socket.close(() => t.log('second close callback'));
  });
});

scenario('queue/bind-fails-and-nobody-listens', (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup: no_bind });
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
});

scenario('queue/works-after-a-failed-bind', (t) => {
  let fail = true;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, fail ? new Error('no') : null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  socket.once('error', () => {
    fail = false;
    setImmediate(() => {
      socket.send('y', 9, '127.0.0.1', (err, bytes) => {
        t.sent('y', err, bytes);
        socket.close();
      });
    });
  });
});

scenario('queue/any-error-drops-it', { trap: 'what waits is dropped though the bind goes on' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  socket.emit('error', new Error('from elsewhere'));
  socket.on('listening', () => t.settle(() => socket.close()));
});

scenario('queue/monitor-drops-before-handlers', (t) => {
  // What a handler of the error sends is not dropped with the rest.
  let fail = true;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, fail ? new Error('no') : null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening');
  socket.on('error', (err) => {
    t.error('socket', err);
    fail = false;
    socket.send('y', 9, '127.0.0.1', (err, bytes) => {
      t.sent('y', err, bytes);
      socket.close();
    });
  });
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
});

scenario('queue/connect-and-send', { trap: 'the send needs a destination and then fails: EISCONN' }, (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'listening', 'connect');
  receiver.bind(0, '127.0.0.1', () => {
    t.port(receiver, 'receiver');
    const { port } = receiver.address();
    sender.connect(port, '127.0.0.1');
    t.throws('send to the peer', () => sender.send('x'));
    sender.send('x', port, '127.0.0.1', (err, bytes) => {
      t.sent('x', err, bytes);
      receiver.close();
      sender.close();
    });
  });
});

scenario('queue/send-and-connect', (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  t.on(sender, 'sender', 'listening', 'connect');
  sender.on('listening', () => t.port(sender, 'sender'));
  receiver.bind(0, '127.0.0.1', () => {
    const { port } = receiver.address();
    sender.send('first', port, '127.0.0.1', (err, bytes) => t.sent('first', err, bytes));
    sender.connect(port, '127.0.0.1');
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('queue/listener-throws-before-it', { trap: 'what waits is lost, and close never works again' }, (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => {
    t.log('listener throws');
    throw new Error('from the listener');
  });
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  socket.on('close', () => t.log('never emitted'));
  t.settle(() => {
    socket.send('y', 9, '127.0.0.1', (err, bytes) => t.sent('y', err, bytes));
    t.returns('close', () => socket.close());
    t.settle(() => {
      t.log(`still open: ${socket.address().port !== 0}`);
      socket.unref();
    });
  });
});

scenario('queue/fails-inside-send', {
  trap: 'the send makes a queue that nobody empties: close never works again',
}, (t) => {
  // A lookup that fails inside the call.
  let fail = true;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (fail) callback(new Error('no'));
      else callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'error', 'listening', 'close');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  t.log('send has returned');
  fail = false;
  t.returns('close', () => socket.close());
  t.settle(() => t.throws('address', () => socket.address()));
});
