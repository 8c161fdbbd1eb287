'use strict';

// Listeners of errorMonitor: they see every 'error' before its listeners do, and handle none. The simplest are in
// emitter.js.

const dgram = require('node:dgram');
const { errorMonitor } = require('node:events');
const { scenario } = require('../trace');

scenario('error_monitor/order', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('error', () => t.log('first listener'));
  socket.on(errorMonitor, () => t.log('first monitor'));
  socket.on('error', () => {
    t.log('second listener');
    socket.close();
  });
  socket.on(errorMonitor, () => t.log('second monitor'));
  socket.prependListener(errorMonitor, () => t.log('monitor before them'));
  socket.bind(0, '192.0.2.1');
});

scenario('error_monitor/arguments', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  socket.on('error', (err) => t.error('listener', err));
  t.returns('emit', () => socket.emit('error', new Error('of the program')));
  socket.close();
});

scenario('error_monitor/does-not-count-as-a-listener', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, () => {});
  socket.on(errorMonitor, () => {});
  socket.on('error', () => {});
  t.returns('error', () => socket.listenerCount('error'));
  t.returns('errorMonitor', () => socket.listenerCount(errorMonitor));
  socket.close();
});

scenario('error_monitor/emit-throws-all-the-same', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  t.throws('emit', () => socket.emit('error', new Error('unheard')));
  socket.close();
});

scenario('error_monitor/the-process-goes-on', (t) => {
  // Nobody handled it, but the socket may be used on.
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  socket.bind(0, '192.0.2.1');
  t.settle(() => {
    socket.bind(0, '127.0.0.1', () => {
      t.log('bound');
      socket.close();
    });
  });
});

scenario('error_monitor/once', (t) => {
  const socket = dgram.createSocket('udp4');
  let errors = 0;
  socket.once(errorMonitor, () => {
    t.log('once');
    t.returns('monitors', () => socket.listenerCount(errorMonitor));
  });
  socket.on(errorMonitor, () => t.log('always'));
  socket.on('error', () => {
    if (++errors < 2) socket.bind(0, '192.0.2.1');
    else socket.close();
  });
  socket.bind(0, '192.0.2.1');
});

scenario('error_monitor/off', (t) => {
  const socket = dgram.createSocket('udp4');
  const monitor = () => t.log('never called');
  socket.on(errorMonitor, monitor);
  socket.off(errorMonitor, monitor);
  t.returns('monitors', () => socket.listenerCount(errorMonitor));
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.bind(0, '192.0.2.1');
});

scenario('error_monitor/remove-all-of-error', (t) => {
  // The monitors stay.
  const socket = dgram.createSocket('udp4');
  socket.on('error', () => t.log('never called'));
  socket.on(errorMonitor, () => t.log('monitor'));
  socket.removeAllListeners('error');
  t.returns('listeners', () => socket.listenerCount('error'));
  t.returns('monitors', () => socket.listenerCount(errorMonitor));
  t.throws('emit', () => socket.emit('error', new Error('unheard')));
  socket.close();
});

scenario('error_monitor/remove-all-of-the-monitors', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('error', () => t.log('listener'));
  socket.on(errorMonitor, () => t.log('never called'));
  socket.removeAllListeners(errorMonitor);
  t.returns('emit', () => socket.emit('error', new Error('heard')));
  socket.close();
});

scenario('error_monitor/added-while-emitting', (t) => {
  // A listener of 'error' that a monitor adds is in time for this error; a monitor that it adds is not.
  const socket = dgram.createSocket('udp4');
  let errors = 0;
  socket.on(errorMonitor, () => {
    t.log('monitor');
    if (++errors > 1) return;
    socket.on(errorMonitor, () => t.log('added monitor'));
    socket.on('error', () => t.log('added listener'));
  });
  t.returns('first emit', () => socket.emit('error', new Error('first')));
  t.returns('second emit', () => socket.emit('error', new Error('second')));
  socket.close();
});

scenario('error_monitor/removes-the-listener', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('error', () => t.log('never called'));
  socket.on(errorMonitor, () => {
    t.log('monitor');
    socket.removeAllListeners('error');
  });
  t.throws('emit', () => socket.emit('error', new Error('unheard')));
  socket.close();
});

scenario('error_monitor/throws', (t) => {
  // Then the listeners of 'error' are not called.
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, () => {
    t.log('first monitor');
    throw new Error('from the monitor');
  });
  socket.on(errorMonitor, () => t.log('never called'));
  socket.on('error', () => t.log('never called'));
  socket.bind(0, '192.0.2.1');
  t.settle(() => {
    socket.bind(0, '127.0.0.1', () => {
      t.log('bound');
      socket.close();
    });
  });
});

scenario('error_monitor/closes', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'close');
  socket.on(errorMonitor, () => {
    t.log('monitor');
    socket.close();
  });
  socket.bind(0, '192.0.2.1');
});

scenario('error_monitor/binds-again', (t) => {
  // The socket is free when the monitor hears of it.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.once(errorMonitor, () => {
    t.returns('bind', () => socket.bind(0, '127.0.0.1'));
  });
  socket.on('listening', () => socket.close());
  socket.bind(0, '192.0.2.1');
});

scenario('error_monitor/callback-of-bind', {
  trap: 'the callback of bind counts as a listener of error, so that nobody but the monitor hears of it',
}, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  socket.bind(0, '192.0.2.1', () => t.log('never called'));
  t.settle(() => socket.close());
});

scenario('error_monitor/callback-of-bind-later', { since: '24.21.0' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  socket.bind(0, '192.0.2.1', () => t.log('never called'));
});

scenario('error_monitor/connect-without-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  socket.on('error', () => socket.close());
  socket.bind(0, '127.0.0.1', () => socket.connect(9, '::1'));
});

scenario('error_monitor/what-callbacks-get-is-no-event', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, () => t.log('never called'));
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '::1', (err) => {
      t.error('connect', err);
      socket.send('x', 9, '::1', (err, bytes) => {
        t.sent('x', err, bytes);
        socket.close();
      });
    });
  });
});

scenario('error_monitor/what-is-thrown-is-no-event', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, () => t.log('never called'));
  t.throws('connect', () => socket.connect(0, '127.0.0.1'));
  t.throws('address', () => socket.address());
  socket.close();
  t.throws('bind', () => socket.bind(0, '127.0.0.1'));
});

scenario('error_monitor/exception-of-a-listener-is-no-event', (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, () => t.log('never called'));
  socket.bind(0, '127.0.0.1', () => {
    throw new Error('from the callback');
  });
  t.settle(() => socket.close());
});

scenario('error_monitor/lookup-of-a-send-fails', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, hostname === 'somewhere' ? new Error('no') : null, hostname, 4);
    },
  });
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.bind(0, '127.0.0.1', () => socket.send('x', 9, 'somewhere'));
});

scenario('error_monitor/nobody-at-the-other-end', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  socket.connect(9, '127.0.0.1', () => socket.send('x'));
});

scenario('error_monitor/dropped-queue', { trap: 'the callbacks of what is dropped are never called' }, (t) => {
  let lookups = 0;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, ++lookups === 1 ? new Error('no') : null, hostname, 4);
    },
  });
  socket.on(errorMonitor, (err) => t.error('monitor', err));
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  t.settle(() => {
    socket.send('y', 9, '127.0.0.1', (err, bytes) => {
      t.sent('y', err, bytes);
      socket.close();
    });
  });
});

scenario('error_monitor/sends-while-the-queue-is-there', {
  trap: 'a monitor that was added before the first send comes before the queue is dropped, and what it sends with it',
}, (t) => {
  let lookups = 0;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, ++lookups === 1 ? new Error('no') : null, hostname, 4);
    },
  });
  socket.once(errorMonitor, () => {
    t.log('monitor');
    socket.send('y', 9, '127.0.0.1', () => t.log('never called'));
  });
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  t.settle(() => socket.close());
});

scenario('error_monitor/sends-when-the-queue-is-dropped', {
  trap: 'the callbacks of what is dropped are never called',
}, (t) => {
  // A monitor that was added after the first send comes when the queue is gone: what it sends is in a new one.
  let lookups = 0;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, ++lookups === 1 ? new Error('no') : null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  socket.once(errorMonitor, () => {
    t.log('monitor');
    socket.send('y', 9, '127.0.0.1', (err, bytes) => {
      t.sent('y', err, bytes);
      socket.close();
    });
  });
});

scenario('error_monitor/closes-while-the-queue-is-there', { trap: 'the close is dropped with the queue' }, (t) => {
  let lookups = 0;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, ++lookups === 1 ? new Error('no') : null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening', 'error', 'close');
  socket.once(errorMonitor, () => t.returns('close', () => socket.close()));
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  t.settle(() => {
    t.throws('address', () => socket.address());
    socket.close();
  });
});
