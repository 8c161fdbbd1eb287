'use strict';

// createSocket: the types, the options and what they do once the socket is bound, the signal that closes it.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('create/types', (t) => {
  t.returns('udp4', () => dgram.createSocket('udp4').type);
  t.returns('udp6', () => dgram.createSocket('udp6').type);
  t.returns('options', () => dgram.createSocket({ type: 'udp6' }).type);
});

scenario('create/bad-types', (t) => {
  t.throws('udp', () => dgram.createSocket('udp'));
  t.throws('upper case', () => dgram.createSocket('UDP4'));
  t.throws('empty', () => dgram.createSocket(''));
  t.throws('options', () => dgram.createSocket({ type: 'tcp4' }));
});

scenario('create/no-os-socket-yet', (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('address', () => socket.address());
  t.returns('close', () => socket.close());
});

scenario('create/listener-is-first-for-message', (t) => {
  const socket = dgram.createSocket('udp4', () => t.log('listener of createSocket'));
  socket.on('message', () => {
    t.log('listener of on');
    socket.close();
  });
  socket.bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1'));
});

scenario('create/listener-in-options-form', (t) => {
  const socket = dgram.createSocket({ type: 'udp4' }, (msg, rinfo) => {
    t.message('socket', msg, rinfo);
    socket.close();
  });
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send('x', socket.address().port, '127.0.0.1');
  });
});

scenario('create/signal-closes', (t) => {
  const controller = new AbortController();
  const socket = dgram.createSocket({ type: 'udp4', signal: controller.signal });
  t.on(socket, 'socket', 'close', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.log('bound');
    process.nextTick(() => t.log('tick before'));
    controller.abort();
    t.throws('address', () => socket.address());
    process.nextTick(() => t.log('tick after'));
  });
});

scenario('create/signal-already-aborted', (t) => {
  const controller = new AbortController();
  controller.abort();
  const socket = dgram.createSocket({ type: 'udp4', signal: controller.signal });
  t.on(socket, 'socket', 'close', 'error');
  t.throws('bind', () => socket.bind(0, '127.0.0.1'));
  t.throws('close', () => socket.close());
  t.log('end of the main program');
});

scenario('create/signal-before-listening', (t) => {
  const controller = new AbortController();
  const socket = dgram.createSocket({ type: 'udp4', signal: controller.signal });
  t.on(socket, 'socket', 'listening', 'close', 'error');
  socket.bind(0, '127.0.0.1', () => t.log('bind callback'));
  controller.abort();
});

scenario('create/signal-after-close', (t) => {
  const controller = new AbortController();
  const socket = dgram.createSocket({ type: 'udp4', signal: controller.signal });
  t.on(socket, 'socket', 'close', 'error');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    controller.abort();
    process.nextTick(() => {
      controller.abort();
      t.log('aborted');
    });
  });
});

scenario('create/signal-behind-a-queue', (t) => {
  // An abort is a close: it waits behind the send that waits for 'listening'.
  const controller = new AbortController();
  const socket = dgram.createSocket({ type: 'udp4', signal: controller.signal });
  t.on(socket, 'socket', 'listening', 'close', 'error');
  socket.send('x', 9, '127.0.0.1', () => t.log('never called'));
  controller.abort();
  t.log('aborted');
});

scenario('create/buffer-sizes', (t) => {
  // Linux grants the double of what it was asked for.
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 8192, sendBufferSize: 10240 });
  socket.bind(0, '127.0.0.1');
  socket.on('listening', () => {
    t.returns('recv', () => socket.getRecvBufferSize());
    t.returns('send', () => socket.getSendBufferSize());
    socket.close();
  });
});

scenario('create/buffer-size-zero-is-unset', (t) => {
  const usual = dgram.createSocket('udp4');
  const zero = dgram.createSocket({ type: 'udp4', recvBufferSize: 0, sendBufferSize: 0 });
  usual.bind(0, '127.0.0.1', () => {
    zero.bind(0, '127.0.0.1', () => {
      t.returns('same recv', () => zero.getRecvBufferSize() === usual.getRecvBufferSize());
      t.returns('same send', () => zero.getSendBufferSize() === usual.getSendBufferSize());
      usual.close();
      zero.close();
    });
  });
});

scenario('create/bad-buffer-size', {
  trap: 'thrown out of the completion of bind, which leaves the socket bound',
}, (t) => {
  t.survive();
  let socket;
  t.returns('created', () => {
    socket = dgram.createSocket({ type: 'udp4', recvBufferSize: -1 });
    return socket;
  });
  t.on(socket, 'socket', 'listening', 'close', 'error', 'message');
  socket.bind(0, '127.0.0.1', () => t.log('bind callback'));
  t.settle(() => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.send('it receives', socket.address().port, '127.0.0.1');
    socket.on('message', () => socket.close());
  });
});

scenario('create/buffer-sizes-are-checked-at-once', { since: '24.21.0' }, (t) => {
  t.throws('recv -1', () => dgram.createSocket({ type: 'udp4', recvBufferSize: -1 }));
  t.throws('send -1', () => dgram.createSocket({ type: 'udp4', sendBufferSize: -1 }));
  t.throws('recv 2^32', () => dgram.createSocket({ type: 'udp4', recvBufferSize: 2 ** 32 }));
  t.throws('send 2^32', () => dgram.createSocket({ type: 'udp4', sendBufferSize: 2 ** 32 }));
  t.throws('recv -2^40', () => dgram.createSocket({ type: 'udp4', recvBufferSize: -(2 ** 40) }));
  t.returns('recv 2^32 - 1', () => dgram.createSocket({ type: 'udp4', recvBufferSize: 2 ** 32 - 1 }));
  t.returns('zero', () => dgram.createSocket({ type: 'udp4', recvBufferSize: 0, sendBufferSize: 0 }));
});

scenario('create/order-of-the-checks', { since: '24.21.0' }, (t) => {
  t.throws('both sizes', () => dgram.createSocket({ type: 'udp4', sendBufferSize: -1, recvBufferSize: -2 }));
  t.throws('size and type', () => dgram.createSocket({ type: 'tcp4', sendBufferSize: -1 }));
});

scenario('create/buffer-size-that-the-system-refuses', {
  since: '24.21.0',
  trap: 'thrown out of the completion of bind, which leaves the socket bound',
}, (t) => {
  t.survive();
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 2 ** 31 });
  t.on(socket, 'socket', 'listening', 'close', 'error');
  socket.bind(0, '127.0.0.1', () => t.log('never called'));
  t.settle(() => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('create/reuse-addr-of-both', (t) => {
  const first = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const second = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const sender = dgram.createSocket('udp4');
  t.on(first, 'first', 'message', 'error');
  t.on(second, 'second', 'message', 'error');
  first.bind(0, '127.0.0.1', () => {
    second.bind(first.address().port, '127.0.0.1', () => {
      t.log('both are bound');
      sender.bind(0, '127.0.0.1', () => {
        t.port(sender, 'sender');
        sender.send('to the last that was bound', first.address().port, '127.0.0.1');
      });
    });
  });
  second.on('message', () => {
    first.close();
    second.close();
    sender.close();
  });
});

scenario('create/reuse-addr-of-the-second', (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  first.bind(0, '127.0.0.1', () => {
    t.port(first, 'first');
    second.bind(first.address().port, '127.0.0.1');
  });
  second.on('error', (err) => {
    t.error('second', err);
    first.close();
    second.close();
  });
});

scenario('create/reuse-addr-of-the-first', (t) => {
  const first = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const second = dgram.createSocket('udp4');
  first.bind(0, '127.0.0.1', () => {
    t.port(first, 'first');
    second.bind(first.address().port, '127.0.0.1');
  });
  second.on('error', (err) => {
    t.error('second', err);
    first.close();
    second.close();
  });
});

scenario('create/ipv6-only', { namespace: true }, (t) => {
  const six = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  const four = dgram.createSocket('udp4');
  t.on(four, 'four', 'listening', 'error');
  six.bind(12345, '::', () => {
    four.bind(12345, '0.0.0.0', () => {
      six.close();
      four.close();
    });
  });
});

scenario('create/not-ipv6-only', { namespace: true }, (t) => {
  const six = dgram.createSocket('udp6');
  const four = dgram.createSocket('udp4');
  six.bind(12345, '::', () => four.bind(12345, '0.0.0.0'));
  four.on('error', (err) => {
    t.error('four', err);
    six.close();
    four.close();
  });
});

scenario('create/ipv6-only-for-udp4', (t) => {
  const socket = dgram.createSocket({ type: 'udp4', ipv6Only: true });
  socket.on('error', (err) => {
    t.error('socket', err);
    socket.close();
  });
  socket.bind(0, '127.0.0.1');
});
