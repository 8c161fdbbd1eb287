'use strict';

// bind that fails: what the error says, who gets it, and that the socket may be bound again.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('bind_errors/address-in-use', (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  first.bind(0, '127.0.0.1', () => {
    t.port(first, 'first');
    t.returns('bind', () => second.bind(first.address().port, '127.0.0.1'));
    t.log('after bind');
  });
  second.on('error', (err) => {
    t.error('second', err);
    first.close();
    second.close();
  });
});

scenario('bind_errors/address-not-available', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.bind(12345, '192.0.2.1');
});

scenario('bind_errors/address-not-available-any-port', (t) => {
  // The message has no port then, and the error none either.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.bind(0, '192.0.2.1');
});

scenario('bind_errors/ipv6-address-for-udp4', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.bind(0, '::1');
});

scenario('bind_errors/ipv4-address-for-udp6', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.bind(0, '127.0.0.1');
});

scenario('bind_errors/link-local-without-zone', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.bind(12345, 'fe80::ff:fe00:1');
});

scenario('bind_errors/link-local-of-another-interface', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.bind(12345, 'fe80::ff:fe00:1%eth1');
});

scenario('bind_errors/name-is-unknown', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      const err = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
      err.errno = -3008;
      err.code = 'ENOTFOUND';
      err.syscall = 'getaddrinfo';
      err.hostname = hostname;
      process.nextTick(callback, err);
    },
  });
  t.on(socket, 'socket', 'listening', 'error');
  socket.on('error', () => {
    t.throws('address', () => socket.address());
    socket.close();
  });
  socket.bind(0, 'nowhere.invalid');
});

scenario('bind_errors/without-a-listener', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '192.0.2.1');
});

scenario('bind_errors/without-a-listener-survived', (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '192.0.2.1');
  t.settle(() => {
    t.returns('close', () => socket.close());
    socket.on('close', () => t.log('close socket'));
  });
});

scenario('bind_errors/callback-swallows', {
  trap: 'with a callback and no listener of error, nobody hears of it',
}, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '192.0.2.1', () => t.log('never called'));
  t.settle(() => {
    t.log('nothing was reported');
    socket.close();
  });
});

scenario('bind_errors/callback-swallows-no-more', { since: '24.21.0' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '192.0.2.1', () => t.log('never called'));
});

scenario('bind_errors/callback-swallows-no-more-survived', { since: '24.21.0' }, (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '192.0.2.1', () => t.log('never called'));
  t.settle(() => {
    t.returns('listeners of listening', () => socket.listenerCount('listening'));
    socket.bind(0, '127.0.0.1', () => {
      t.log('bound');
      socket.close();
    });
  });
});

scenario('bind_errors/callback-is-no-listener-of-error', { since: '24.21.0' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('listeners in the callback', () => socket.listenerCount('error'));
    socket.close();
  });
  t.returns('listeners after bind', () => socket.listenerCount('error'));
});

scenario('bind_errors/callback-is-not-called', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.bind(0, '192.0.2.1', () => t.log('never called'));
  t.settle(() => {
    t.returns('listeners of listening', () => socket.listenerCount('listening'));
    t.returns('listeners of error', () => socket.listenerCount('error'));
    socket.close();
  });
});

scenario('bind_errors/callback-of-the-failed-bind-stays-silent', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.once('error', (err) => {
    t.error('socket', err);
    socket.bind(0, '127.0.0.1', () => {
      t.log('second callback');
      socket.close();
    });
  });
  socket.bind(0, '192.0.2.1', () => t.log('first callback: never called'));
});

scenario('bind_errors/many-failures-leave-no-listeners', (t) => {
  const socket = dgram.createSocket('udp4');
  let failures = 0;
  socket.on('error', () => {
    if (++failures < 20) {
      socket.bind(0, '192.0.2.1', () => t.log('never called'));
    } else {
      process.nextTick(() => {
        t.returns('listeners of listening', () => socket.listenerCount('listening'));
        t.returns('listeners of error', () => socket.listenerCount('error'));
        socket.close();
      });
    }
  });
  socket.bind(0, '192.0.2.1', () => t.log('never called'));
});

scenario('bind_errors/again-in-the-handler', (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  first.bind(0, '127.0.0.1', () => {
    t.port(first, 'first');
    second.bind(first.address().port, '127.0.0.1');
  });
  second.on('error', (err) => {
    t.error('second', err);
    second.bind(0, '127.0.0.1');
  });
  second.on('listening', () => {
    t.port(second, 'second');
    t.returns('address', () => second.address());
    first.close();
    second.close();
  });
});

scenario('bind_errors/again-later', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('error', (err) => {
    t.error('socket', err);
    setImmediate(() => {
      socket.bind(0, '127.0.0.1', () => {
        t.log('bound');
        socket.close();
      });
    });
  });
  socket.bind(0, '192.0.2.1');
});

scenario('bind_errors/address-after-the-os-refused', (t) => {
  // The system has made a socket by then, which is only not bound.
  const socket = dgram.createSocket('udp4');
  socket.on('error', () => {
    t.returns('address', () => socket.address());
    socket.close();
  });
  socket.bind(0, '192.0.2.1');
});

scenario('bind_errors/address-after-the-lookup-failed', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, new Error('no'));
    },
  });
  socket.on('error', (err) => {
    t.error('socket', err);
    t.throws('address', () => socket.address());
    socket.close();
  });
  socket.bind(0, 'somewhere');
});

scenario('bind_errors/address-after-it', { namespace: true }, (t) => {
  // There is a descriptor when the system was asked.
  const what = [
    ['udp4', '::1', {}], ['udp6', '127.0.0.1', {}], ['udp4', '127.0.0.1', { ipv6Only: true }],
    ['udp4', '192.0.2.1', {}], ['udp6', '2001:db8::1', {}], ['udp6', 'fe80::ff:fe00:1', {}],
  ];
  for (const [type, address, options] of what) {
    const socket = dgram.createSocket({ type, ...options });
    socket.on('error', (err) => {
      t.error(`${type} ${address}`, err);
      t.throws('address', () => socket.address());
      t.throws('setTTL', () => socket.setTTL(64));
      t.throws('getRecvBufferSize', () => socket.getRecvBufferSize() > 0);
      socket.close();
    });
    socket.bind(12345, address);
  }
});

scenario('bind_errors/address-after-a-lookup', (t) => {
  const socket = dgram.createSocket({ type: 'udp4', lookup: (host, family, callback) => callback(new Error('no')) });
  socket.on('error', (err) => {
    t.error('socket', err);
    t.throws('address', () => socket.address());
    t.throws('setTTL', () => socket.setTTL(64));
    socket.close();
  });
  socket.bind(0, 'somewhere');
});
