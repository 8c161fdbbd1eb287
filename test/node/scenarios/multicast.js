'use strict';

// Groups: joining and leaving, the interface that datagrams leave by, and who hears them. All of it in a network with
// two links, eth0 with 10.0.0.1 and fe80::ff:fe00:1, eth1 with 10.0.1.1 and fe80::ff:fe00:2. No default route.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('multicast/join-and-leave', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.returns('add', () => socket.addMembership('224.0.0.114', '10.0.0.1'));
    t.throws('add again', () => socket.addMembership('224.0.0.114', '10.0.0.1'));
    t.returns('add on the other link', () => socket.addMembership('224.0.0.114', '10.0.1.1'));
    t.returns('drop', () => socket.dropMembership('224.0.0.114', '10.0.0.1'));
    t.throws('drop again', () => socket.dropMembership('224.0.0.114', '10.0.0.1'));
    t.returns('drop on the other link', () => socket.dropMembership('224.0.0.114', '10.0.1.1'));
    socket.close();
  });
});

scenario('multicast/bad-groups', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.throws('add nothing', () => socket.addMembership());
    t.throws('add empty', () => socket.addMembership(''));
    t.throws('add no address', () => socket.addMembership('group'));
    t.throws('add unicast', () => socket.addMembership('10.0.0.2', '10.0.0.1'));
    t.throws('add IPv6', () => socket.addMembership('ff02::114', '::%eth0'));
    t.throws('drop nothing', () => socket.dropMembership());
    t.throws('drop no address', () => socket.dropMembership('group'));
    t.throws('drop not joined', () => socket.dropMembership('224.0.0.114', '10.0.0.1'));
    socket.close();
  });
});

scenario('multicast/bad-interfaces', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.throws('no address', () => socket.addMembership('224.0.0.114', 'eth0'));
    t.throws('of nobody', () => socket.addMembership('224.0.0.114', '10.0.7.1'));
    t.throws('none, and no route', () => socket.addMembership('224.0.0.114'));
    socket.close();
  });
});

scenario('multicast/route-chooses-the-interface', { namespace: true }, (t) => {
  t.ip('route', 'add', '224.0.0.0/4', 'dev', 'eth1');
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.returns('add', () => socket.addMembership('224.0.0.114'));
    t.throws('add on eth1', () => socket.addMembership('224.0.0.114', '10.0.1.1'));
    socket.close();
  });
});

scenario('multicast/heard-by-the-sender', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(12345, () => {
    socket.addMembership('224.0.0.114', '10.0.0.1');
    socket.setMulticastInterface('10.0.0.1');
    socket.send('x', 12345, '224.0.0.114', (err, bytes) => t.sent('x', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('multicast/without-loopback', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(12345, () => {
    socket.addMembership('224.0.0.114', '10.0.0.1');
    socket.setMulticastInterface('10.0.0.1');
    t.returns('off', () => socket.setMulticastLoopback(false));
    socket.send('not heard here', 12345, '224.0.0.114', (err, bytes) => {
      t.sent('first', err, bytes);
      t.returns('on', () => socket.setMulticastLoopback(true));
      socket.send('heard', 12345, '224.0.0.114', (err, bytes) => t.sent('second', err, bytes));
    });
  });
  socket.on('message', () => socket.close());
});

scenario('multicast/not-heard-after-leaving', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(12345, () => {
    socket.addMembership('224.0.0.114', '10.0.0.1');
    socket.setMulticastInterface('10.0.0.1');
    socket.dropMembership('224.0.0.114', '10.0.0.1');
    socket.send('to the group', 12345, '224.0.0.114', (err, bytes) => {
      t.sent('to the group', err, bytes);
      socket.send('to the socket', 12345, '10.0.0.1');
    });
  });
  socket.on('message', () => socket.close());
});

scenario('multicast/heard-by-all-members', { namespace: true }, (t) => {
  const one = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const two = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const sender = dgram.createSocket('udp4');
  const heard = [];
  function message(name, msg) {
    heard.push(`${name} heard ${msg}`);
    if (heard.length < 2) return;
    heard.sort().forEach((line) => t.log(line));
    one.close();
    two.close();
    sender.close();
  }
  one.on('message', (msg) => message('one', msg));
  two.on('message', (msg) => message('two', msg));
  one.bind(12345, () => {
    one.addMembership('224.0.0.114', '10.0.0.1');
    two.bind(12345, () => {
      two.addMembership('224.0.0.114', '10.0.0.1');
      sender.bind(23456, () => {
        sender.setMulticastInterface('10.0.0.1');
        sender.send('x', 12345, '224.0.0.114');
      });
    });
  });
});

scenario('multicast/interface-of-the-sender', { namespace: true }, (t) => {
  // It decides which link a datagram takes, and its address is that of the sender.
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  receiver.bind(12345, () => {
    receiver.addMembership('224.0.0.114', '10.0.1.1');
    sender.bind(23456, () => {
      t.returns('eth0', () => sender.setMulticastInterface('10.0.0.1'));
      sender.send('on eth0', 12345, '224.0.0.114', () => {
        t.returns('eth1', () => sender.setMulticastInterface('10.0.1.1'));
        sender.send('on eth1', 12345, '224.0.0.114');
      });
    });
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('multicast/interface-back-to-the-system', { namespace: true }, (t) => {
  // Which has no route.
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    socket.setMulticastInterface('10.0.0.1');
    socket.send('x', 23456, '224.0.0.114', (err, bytes) => {
      t.sent('by eth0', err, bytes);
      t.returns('0.0.0.0', () => socket.setMulticastInterface('0.0.0.0'));
      socket.send('x', 23456, '224.0.0.114', (err, bytes) => {
        t.sent('by route', err, bytes);
        socket.close();
      });
    });
  });
});

scenario('multicast/bad-interfaces-of-the-sender', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('unbound, no address', () => socket.setMulticastInterface('eth0'));
  t.throws('unbound', () => socket.setMulticastInterface('10.0.0.1'));
  socket.bind(12345, () => {
    t.throws('empty', () => socket.setMulticastInterface(''));
    t.throws('a name', () => socket.setMulticastInterface('eth0'));
    t.throws('of nobody', () => socket.setMulticastInterface('10.0.7.1'));
    t.throws('a group', () => socket.setMulticastInterface('224.0.0.114'));
    t.throws('IPv6', () => socket.setMulticastInterface('::%eth0'));
    socket.close();
  });
});

scenario('multicast/sources', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.returns('add', () => socket.addSourceSpecificMembership('10.0.0.1', '232.0.0.114', '10.0.0.1'));
    t.returns('drop', () => socket.dropSourceSpecificMembership('10.0.0.1', '232.0.0.114', '10.0.0.1'));
    t.throws('drop again', () => socket.dropSourceSpecificMembership('10.0.0.1', '232.0.0.114', '10.0.0.1'));
    t.throws('bad source', () => socket.addSourceSpecificMembership('source', '232.0.0.114', '10.0.0.1'));
    t.throws('bad group', () => socket.addSourceSpecificMembership('10.0.0.1', 'group', '10.0.0.1'));
    t.throws('bad interface', () => socket.addSourceSpecificMembership('10.0.0.1', '232.0.0.114', 'eth0'));
    t.throws('IPv6 source', () => socket.addSourceSpecificMembership('fd00::1', '232.0.0.114', '10.0.0.1'));
    t.throws('IPv6 group', () => socket.addSourceSpecificMembership('10.0.0.1', 'ff3e::114', '10.0.0.1'));
    socket.close();
  });
});

scenario('multicast/only-the-source-is-heard', { namespace: true }, (t) => {
  t.ip('address', 'add', '10.0.0.2/24', 'dev', 'eth0');
  const receiver = dgram.createSocket('udp4');
  const stranger = dgram.createSocket('udp4');
  const source = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  receiver.bind(12345, () => {
    receiver.addSourceSpecificMembership('10.0.0.1', '232.0.0.114', '10.0.0.1');
    stranger.bind(23456, '10.0.0.2', () => {
      stranger.setMulticastInterface('10.0.0.2');
      stranger.send('from a stranger', 12345, '232.0.0.114', (err, bytes) => {
        t.sent('from a stranger', err, bytes);
        source.bind(23456, '10.0.0.1', () => {
          source.setMulticastInterface('10.0.0.1');
          source.send('from the source', 12345, '232.0.0.114');
        });
      });
    });
  });
  receiver.on('message', () => {
    receiver.close();
    stranger.close();
    source.close();
  });
});

scenario('multicast/unbound-sources', { namespace: true, trap: 'bound in the system, and not for the socket' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  t.returns('add', () => socket.addSourceSpecificMembership('10.0.0.1', '232.0.0.114', '10.0.0.1'));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.settle(() => socket.close());
});

scenario('multicast/unbound-drop', { namespace: true, trap: 'bound in the system, and not for the socket' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  t.throws('drop', () => socket.dropMembership('224.0.0.114', '10.0.0.1'));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.settle(() => socket.close());
});

// --- IPv6 ----------------------------------------------------------------------------------------

scenario('multicast/ipv6-join-and-leave', { namespace: true }, (t) => {
  // The text of an interface is any address whose zone is its name.
  const socket = dgram.createSocket('udp6');
  socket.bind(12345, () => {
    t.returns('add', () => socket.addMembership('ff02::114', '::%eth0'));
    t.throws('add again', () => socket.addMembership('ff02::114', 'fe80::1%eth0'));
    t.returns('add on the other link', () => socket.addMembership('ff02::114', '::%eth1'));
    t.returns('drop', () => socket.dropMembership('ff02::114', '::%eth0'));
    t.throws('drop again', () => socket.dropMembership('ff02::114', '::%eth0'));
    t.throws('no address', () => socket.addMembership('ff02::114', 'eth0'));
    t.throws('unicast', () => socket.addMembership('fd00::2', '::%eth0'));
    socket.close();
  });
});

scenario('multicast/ipv6-numeric-zone', {
  namespace: true,
  trap: 'a number is taken for a name, and so for none',
}, (t) => {
  // 10 is the index of eth0, and names nothing. An unknown zone is the interface that the system chooses: here eth1, by
  // its route.
  t.ip('-6', 'route', 'add', 'ff02::114/128', 'dev', 'eth1', 'table', 'local', 'metric', '1');
  const socket = dgram.createSocket('udp6');
  socket.bind(12345, () => {
    t.returns('add', () => socket.addMembership('ff02::114', '::%10'));
    t.throws('add on eth1', () => socket.addMembership('ff02::114', '::%eth1'));
    t.returns('add on eth0', () => socket.addMembership('ff02::114', '::%eth0'));
    t.throws('add on an unknown one', () => socket.addMembership('ff02::114', '::%nosuch'));
    socket.close();
  });
});

scenario('multicast/ipv6-heard-by-the-sender', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.on(socket, 'socket', 'message');
  socket.bind(12345, () => {
    socket.addMembership('ff02::114', '::%eth1');
    socket.send('x', 12345, 'ff02::114%eth1', (err, bytes) => t.sent('x', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('multicast/ipv6-interface-of-the-sender', { namespace: true }, (t) => {
  const receiver = dgram.createSocket('udp6');
  const sender = dgram.createSocket('udp6');
  t.on(receiver, 'receiver', 'message');
  receiver.bind(12345, () => {
    receiver.addMembership('ff02::114', '::%eth1');
    sender.bind(23456, () => {
      t.returns('eth0', () => sender.setMulticastInterface('::%eth0'));
      sender.send('on eth0', 12345, 'ff02::114', () => {
        t.returns('eth1', () => sender.setMulticastInterface('::%eth1'));
        sender.send('on eth1', 12345, 'ff02::114');
      });
    });
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('multicast/ipv6-bad-interfaces-of-the-sender', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.bind(12345, () => {
    t.throws('empty', () => socket.setMulticastInterface(''));
    t.throws('a name', () => socket.setMulticastInterface('eth0'));
    t.returns('any', () => socket.setMulticastInterface('::'));
    t.returns('unknown zone', () => socket.setMulticastInterface('::%nosuch'));
    t.returns('IPv4', () => socket.setMulticastInterface('10.0.0.1'));
    socket.close();
  });
});

scenario('multicast/ipv4-group-of-udp6', { namespace: true }, (t) => {
  const receiver = dgram.createSocket('udp6');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  receiver.bind(12345, () => {
    t.returns('add', () => receiver.addMembership('224.0.0.114', '10.0.0.1'));
    sender.bind(23456, () => {
      sender.setMulticastInterface('10.0.0.1');
      sender.send('x', 12345, '224.0.0.114');
    });
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

// --- what a refusal is called ---------------------------------------------------------------------

scenario('multicast/refused-drops', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.throws('on an interface of nobody', () => socket.dropMembership('224.0.0.114', '1.2.3.4'));
    t.throws('on none', () => socket.dropMembership('224.0.0.114'));
    t.throws('unicast', () => socket.dropMembership('10.0.0.1'));
    t.throws('unicast of a link', () => socket.dropMembership('10.0.0.1', '10.0.0.1'));
    t.throws('loopback', () => socket.dropMembership('127.0.0.1'));
    t.throws('any', () => socket.dropMembership('0.0.0.0', '10.0.0.1'));
    t.throws('broadcast', () => socket.dropMembership('255.255.255.255', '10.0.0.1'));
    t.throws('IPv6', () => socket.dropMembership('ff02::114'));
    t.throws('IPv6 on a link', () => socket.dropMembership('ff02::114', '::%eth0'));
    t.throws('IPv6 unicast', () => socket.dropMembership('::1'));
    t.throws('empty', () => socket.dropMembership(''));
    t.throws('IPv6 interface', () => socket.dropMembership('224.0.0.114', '::%eth0'));
    socket.addMembership('224.0.0.114', '10.0.0.1');
    t.throws('of another link', () => socket.dropMembership('224.0.0.114', '10.0.1.1'));
    t.throws('of a member, on an interface of nobody', () => socket.dropMembership('224.0.0.114', '1.2.3.4'));
    t.returns('of a member, on none', () => socket.dropMembership('224.0.0.114'));
    socket.close();
  });
});

scenario('multicast/refused-joins', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.throws('on an interface of nobody', () => socket.addMembership('224.0.0.114', '1.2.3.4'));
    t.throws('unicast', () => socket.addMembership('10.0.0.1'));
    t.throws('loopback', () => socket.addMembership('127.0.0.1', '127.0.0.1'));
    t.throws('unicast, on an interface of nobody', () => socket.addMembership('10.0.0.1', '1.2.3.4'));
    t.throws('any', () => socket.addMembership('0.0.0.0', '10.0.0.1'));
    t.throws('broadcast', () => socket.addMembership('255.255.255.255', '10.0.0.1'));
    t.throws('IPv6', () => socket.addMembership('ff02::114'));
    t.throws('IPv6 on a link', () => socket.addMembership('ff02::114', '::%eth0'));
    t.throws('IPv6 unicast', () => socket.addMembership('::1'));
    t.throws('IPv6 unicast on a link', () => socket.addMembership('::1', '::%eth0'));
    t.throws('IPv6 interface', () => socket.addMembership('224.0.0.114', '::%eth0'));
    t.throws('IPv4 interface of an IPv6 group', () => socket.addMembership('ff02::114', '10.0.0.1'));
    socket.close();
  });
});

scenario('multicast/refused-ipv6', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.bind(12345, () => {
    t.throws('drop of no member', () => socket.dropMembership('ff02::114', '::%eth0'));
    t.throws('drop on an unknown interface', () => socket.dropMembership('ff02::114', '::%nope'));
    t.throws('drop on none', () => socket.dropMembership('ff02::114'));
    t.throws('drop of unicast', () => socket.dropMembership('::1'));
    t.throws('drop of unicast on a link', () => socket.dropMembership('fd00::1', '::%eth0'));
    t.throws('drop of a mapped group', () => socket.dropMembership('::ffff:224.0.0.114', '::%eth0'));
    t.throws('drop on an IPv4 interface', () => socket.dropMembership('ff02::114', '10.0.0.1'));
    t.throws('drop of an IPv4 group', () => socket.dropMembership('224.0.0.114', '10.0.0.1'));
    t.throws('drop of an IPv4 group on nobody', () => socket.dropMembership('224.0.0.114', '1.2.3.4'));
    t.throws('drop of IPv4 unicast', () => socket.dropMembership('127.0.0.1'));
    t.throws('add unicast', () => socket.addMembership('::1'));
    t.throws('add any', () => socket.addMembership('::', '::%eth0'));
    t.throws('add a mapped group', () => socket.addMembership('::ffff:224.0.0.114', '::%eth0'));
    t.throws('add IPv4 unicast', () => socket.addMembership('10.0.0.2', '10.0.0.1'));
    t.throws('add on an IPv4 interface', () => socket.addMembership('ff02::114', '10.0.0.1'));
    t.throws('add an IPv4 group on an IPv6 interface', () => socket.addMembership('224.0.0.114', '::%eth0'));
    socket.close();
  });
});

scenario('multicast/refused-sources', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  const add = (what, ...args) => t.throws(`add ${what}`, () => socket.addSourceSpecificMembership(...args));
  const drop = (what, ...args) => t.throws(`drop ${what}`, () => socket.dropSourceSpecificMembership(...args));
  socket.bind(12345, () => {
    add('no source', '', '232.0.0.114', '10.0.0.1');
    drop('no source', '', '232.0.0.114', '10.0.0.1');
    add('no group', '10.0.0.1', '', '10.0.0.1');
    drop('no group', '10.0.0.1', '', '10.0.0.1');
    add('nothing', '', '');
    drop('nothing', '', '');
    add('an interface of nobody', '10.0.0.1', '232.0.0.114', '1.2.3.4');
    drop('an interface of nobody', '10.0.0.1', '232.0.0.114', '1.2.3.4');
    add('no interface', '10.0.0.1', '232.0.0.114');
    drop('no interface', '10.0.0.1', '232.0.0.114');
    add('unicast', '10.0.0.1', '10.0.0.2', '10.0.0.1');
    drop('unicast', '10.0.0.1', '10.0.0.2', '10.0.0.1');
    add('loopback', '127.0.0.1', '127.0.0.1', '127.0.0.1');
    add('IPv6', 'fd00::1', 'ff3e::114', '::%eth0');
    drop('IPv6', 'fd00::1', 'ff3e::114', '::%eth0');
    add('IPv6 unicast', '::1', '::1');
    add('any source', '0.0.0.0', '232.0.0.114', '10.0.0.1');
    drop('any source', '0.0.0.0', '232.0.0.114', '10.0.0.1');
    add('a source that was not', '10.0.0.9', '232.0.0.115', '10.0.0.1');
    drop('another source', '10.0.0.8', '232.0.0.115', '10.0.0.1');
    socket.close();
  });
});

scenario('multicast/group-as-source', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.returns('add', () => socket.addSourceSpecificMembership('224.0.0.1', '232.0.0.114', '10.0.0.1'));
    t.throws('add again', () => socket.addSourceSpecificMembership('224.0.0.1', '232.0.0.114', '10.0.0.1'));
    t.returns('drop', () => socket.dropSourceSpecificMembership('224.0.0.1', '232.0.0.114', '10.0.0.1'));
    socket.close();
  });
});

scenario('multicast/refused-ipv6-sources', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  const add = (what, ...args) => t.throws(`add ${what}`, () => socket.addSourceSpecificMembership(...args));
  const drop = (what, ...args) => t.throws(`drop ${what}`, () => socket.dropSourceSpecificMembership(...args));
  socket.bind(12345, () => {
    add('no source', '', 'ff3e::114', '::%eth0');
    drop('no source', '', 'ff3e::114', '::%eth0');
    add('no group', 'fd00::1', '', '::%eth0');
    add('a source', 'fd00::1', 'ff3e::114', '::%eth0');
    add('it again', 'fd00::1', 'ff3e::114', '::%eth0');
    drop('another', 'fd00::2', 'ff3e::114', '::%eth0');
    drop('it', 'fd00::1', 'ff3e::114', '::%eth0');
    drop('it again', 'fd00::1', 'ff3e::114', '::%eth0');
    add('a group as source', 'ff02::1', 'ff3e::114', '::%eth0');
    add('unicast', 'fd00::1', 'fd00::2', '::%eth0');
    drop('unicast', 'fd00::1', 'fd00::2', '::%eth0');
    add('an unknown interface', 'fd00::1', 'ff3e::115', '::%nope');
    drop('an unknown interface', 'fd00::1', 'ff3e::116', '::%nope');
    add('an IPv4 source', '10.0.0.1', 'ff3e::114', '::%eth0');
    add('IPv4', '10.0.0.1', '232.0.0.114', '10.0.0.1');
    drop('IPv4', '10.0.0.1', '232.0.0.114', '10.0.0.1');
    drop('IPv4 again', '10.0.0.1', '232.0.0.114', '10.0.0.1');
    socket.close();
  });
});
