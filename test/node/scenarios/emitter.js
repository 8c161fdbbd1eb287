'use strict';

// What a socket has as an EventEmitter: the order of listeners, and what becomes of those that come and go.

const dgram = require('node:dgram');
const { errorMonitor } = require('node:events');
const { scenario } = require('../trace');

scenario('emitter/order', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('close', () => t.log('second'));
  socket.on('close', () => t.log('third'));
  socket.prependListener('close', () => t.log('first'));
  socket.close();
});

scenario('emitter/once', (t) => {
  const socket = dgram.createSocket('udp4');
  let messages = 0;
  socket.once('message', () => t.log('once'));
  socket.on('message', () => {
    t.log('always');
    if (++messages === 2) socket.close();
  });
  socket.bind(0, '127.0.0.1', () => {
    socket.send('1', socket.address().port, '127.0.0.1');
    socket.send('2', socket.address().port, '127.0.0.1');
  });
});

scenario('emitter/once-is-removed-before-its-call', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.once('close', () => t.returns('listeners', () => socket.listenerCount('close')));
  socket.close();
});

scenario('emitter/added-while-emitting', (t) => {
  const socket = dgram.createSocket('udp4');
  let messages = 0;
  socket.on('message', () => {
    t.log('first');
    if (++messages === 1) socket.on('message', () => t.log('added'));
    else socket.close();
  });
  socket.bind(0, '127.0.0.1', () => {
    socket.send('1', socket.address().port, '127.0.0.1');
    socket.send('2', socket.address().port, '127.0.0.1');
  });
});

scenario('emitter/removed-while-emitting', (t) => {
  const socket = dgram.createSocket('udp4');
  let messages = 0;
  const second = () => t.log('second');
  socket.on('message', () => {
    t.log('first');
    socket.off('message', second);
    if (++messages === 2) socket.close();
  });
  socket.on('message', second);
  socket.bind(0, '127.0.0.1', () => {
    socket.send('1', socket.address().port, '127.0.0.1');
    socket.send('2', socket.address().port, '127.0.0.1');
  });
});

scenario('emitter/same-listener-twice', (t) => {
  // It is called twice, and removed once.
  const socket = dgram.createSocket('udp4');
  const listener = () => t.log('listener');
  socket.on('close', listener);
  socket.on('close', listener);
  socket.on('close', listener);
  socket.off('close', listener);
  t.returns('listeners', () => socket.listenerCount('close'));
  socket.close();
});

scenario('emitter/error-monitor', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('error', (err) => {
    t.error('listener', err);
    socket.close();
  });
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  socket.bind(0, '192.0.2.1');
});

scenario('emitter/error-monitor-handles-nothing', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  socket.bind(0, '192.0.2.1');
});

scenario('emitter/emit-says-whether-anybody-listens', (t) => {
  const socket = dgram.createSocket('udp4');
  t.returns('nobody', () => socket.emit('message'));
  socket.on('message', () => t.log('listener'));
  t.returns('somebody', () => socket.emit('message'));
  socket.close();
});

scenario('emitter/remove-all', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('message', () => t.log('never called'));
  socket.on('close', () => t.log('never called'));
  socket.removeAllListeners();
  socket.on('message', (msg) => {
    t.log('new listener');
    socket.close();
  });
  socket.bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1'));
});

scenario('emitter/no-listeners-at-first', (t) => {
  const socket = dgram.createSocket('udp4');
  for (const event of ['listening', 'connect', 'message', 'error', 'close']) {
    t.returns(event, () => socket.listenerCount(event));
  }
  socket.close();
});

scenario('emitter/prepend-once', (t) => {
  const socket = dgram.createSocket('udp4');
  let messages = 0;
  socket.on('message', () => {
    t.log('always');
    if (++messages === 2) socket.close();
  });
  socket.prependOnceListener('message', () => t.log('second, once'));
  socket.prependListener('message', () => t.log('first'));
  socket.bind(0, '127.0.0.1', () => {
    socket.send('1', socket.address().port, '127.0.0.1');
    socket.send('2', socket.address().port, '127.0.0.1');
  });
});

scenario('emitter/remove-all-of-one-event', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('message', () => t.log('never called'));
  socket.once('message', () => t.log('never called'));
  socket.on('close', () => t.log('close'));
  t.returns('removeAllListeners', () => socket.removeAllListeners('message'));
  t.returns('of message', () => socket.listenerCount('message'));
  t.returns('of close', () => socket.listenerCount('close'));
  socket.bind(0, '127.0.0.1', () => {
    socket.send('x', socket.address().port, '127.0.0.1');
    socket.once('message', () => {
      t.log('a new one');
      socket.close();
    });
  });
});

scenario('emitter/remove-all-while-emitting', (t) => {
  // The event goes on with those that were there.
  const socket = dgram.createSocket('udp4');
  socket.on('close', () => {
    t.log('first');
    socket.removeAllListeners('close');
  });
  socket.on('close', () => t.log('second'));
  socket.once('close', () => t.log('third, once'));
  socket.close();
});

scenario('emitter/remove-all-errors', (t) => {
  // Then nobody listens.
  const socket = dgram.createSocket('udp4');
  socket.on('error', () => t.log('never called'));
  socket.on(errorMonitor, () => t.log('never called'));
  t.returns('removeAllListeners', () => socket.removeAllListeners());
  socket.bind(0, '192.0.2.1');
});

scenario('emitter/remove-all-and-callbacks', { trap: 'callbacks of bind and close are listeners' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => t.log('bind'));
  socket.removeAllListeners();
  t.settle(() => {
    t.log('bound');
    socket.close(() => t.log('close'));
    socket.removeAllListeners('close');
  });
});

scenario('emitter/remove-all-and-a-connect', { trap: 'the callback of connect is a listener' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1', () => t.log('connect'));
    socket.removeAllListeners();
    t.settle(() => socket.close());
  });
});

scenario('emitter/remove-all-and-what-waits', { trap: 'what waits for a bind waits for ever' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => t.sent('x', err, bytes));
  socket.removeAllListeners();
  t.settle(() => {
    t.log('settled');
    socket.unref();
  });
});
