'use strict';

// Zones of literal addresses: which are taken, for what, and what the others are called. eth0 has fd00::1 and
// fe80::ff:fe00:1, eth1 has fd01::1 and fe80::ff:fe00:2; 10 is the index of eth0.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

const zones = [
  '::1%lo', '::1%nope', '::1%1', 'fd00::1%eth0', 'fd00::1%eth1', 'fd00::1%nope', '::%eth0', '::%nope',
  'fe80::ff:fe00:1%eth0', 'fe80::ff:fe00:1%eth1', 'fe80::ff:fe00:1%nope', 'fe80::ff:fe00:1%10', 'fe80::ff:fe00:1%010',
  'fe80::ff:fe00:1', 'ff05::114%eth0', 'ff05::114%nope', 'ff02::114%eth0', 'ff02::114%nope', '::ffff:127.0.0.1%lo',
  '::ffff:127.0.0.1%nope',
];

// f(item, next) for each of them, one behind the other.
function one_by_one(items, f) {
  if (items.length > 0) f(items[0], () => one_by_one(items.slice(1), f));
}

scenario('zones/bind', { namespace: true }, (t) => {
  one_by_one(zones, (address, next) => {
    const socket = dgram.createSocket('udp6');
    socket.on('error', (err) => {
      t.error(address, err);
      socket.close(next);
    });
    socket.bind(12345, address);
    socket.on('listening', () => {
      t.returns(address, () => socket.address());
      socket.close(next);
    });
  });
});

scenario('zones/send', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.bind(12345, () => {
    one_by_one(zones, (address, next) => {
      socket.send('x', 9, address, (err, bytes) => {
        t.sent(address, err, bytes);
        next();
      });
    });
    socket.send('', 9, () => t.settle(() => socket.close()));
  });
});

scenario('zones/connect', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.bind(12345, () => {
    one_by_one(zones, (address, next) => {
      socket.connect(9, address, (err) => {
        if (err) {
          t.error(address, err);
        } else {
          t.returns(address, () => socket.remoteAddress());
          socket.disconnect();
        }
        next();
      });
    });
    t.settle(() => socket.close());
  });
});

scenario('zones/at-once', { since: '24.21.0', namespace: true }, (t) => {
  for (const address of zones) {
    const socket = dgram.createSocket('udp6');
    t.throws(`bindSync ${address}`, () => socket.bindSync({ port: 12345, address }));
    socket.close();
    const other = dgram.createSocket('udp6');
    t.throws(`connectSync ${address}`, () => {
      other.connectSync(9, address);
      return other.remoteAddress();
    });
    other.close();
  }
});

scenario('zones/of-a-lookup', { namespace: true }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp6',
    lookup(hostname, family, callback) {
      callback(null, hostname, 6);
    },
  });
  socket.bind(12345, '::%nope');
  for (const address of ['::1%lo', '::1%nope', 'fe80::1%nope', 'ff05::114%nope']) {
    socket.send('x', 9, address, (err, bytes) => t.sent(address, err, bytes));
  }
  setImmediate(() => socket.close());
});

// The kernel gets no zone that an address has no use for.
scenario('zones/arrives', { namespace: true }, (t) => {
  const receiver = dgram.createSocket('udp6');
  const sender = dgram.createSocket('udp6');
  t.on(receiver, 'receiver', 'message');
  receiver.bind(12345, '::1%lo', () => {
    t.returns('receiver', () => receiver.address());
    sender.bind(23456, '::1', () => sender.send('x', 12345, '::1%lo'));
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('zones/of-the-other-family', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('error', (err) => {
    t.error('bind', err);
    socket.bind(12345, () => {
      socket.send('x', 9, '::1%lo', (err, bytes) => {
        t.sent('x', err, bytes);
        socket.connect(9, '::1%lo', (err) => {
          t.error('connect', err);
          socket.close();
        });
      });
    });
  });
  socket.bind(12345, '::1%lo');
});

scenario('zones/no-literals', { since: '24.21.0' }, (t) => {
  // A zone of IPv4, an empty one, two of them, and signs that a name of an interface may have, and a literal may not.
  for (const address of ['127.0.0.1%lo', '127.0.0.1%', '::1%', '::1%lo%lo', '::1%l_o', '::1%l/o', '::1% lo', '%lo']) {
    const socket = dgram.createSocket('udp6');
    t.throws('bindSync', () => socket.bindSync({ address }));
    t.throws('connectSync', () => socket.connectSync(9, address));
    socket.close();
  }
});

scenario('zones/of-settings', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    for (const text of ['127.0.0.1%lo', '127.0.0.1%', '0.0.0.0%eth0', '10.0.0.1%nope']) {
      t.throws(`setMulticastInterface ${text}`, () => socket.setMulticastInterface(text));
      t.throws(`addMembership on ${text}`, () => socket.addMembership('224.0.0.115', text));
      t.throws(`dropMembership on ${text}`, () => socket.dropMembership('224.0.0.115', text));
      t.throws(`addSourceSpecificMembership on ${text}`,
               () => socket.addSourceSpecificMembership('10.0.0.1', '232.0.0.115', text));
      t.throws(`addSourceSpecificMembership of ${text}`,
               () => socket.addSourceSpecificMembership(text, '232.0.0.115', '10.0.0.1'));
    }
    for (const group of ['224.0.0.114%lo', '224.0.0.114%', '224.0.0.114%nonsense']) {
      t.throws(`addMembership ${group}`, () => socket.addMembership(group, '10.0.0.1'));
      t.throws(`dropMembership ${group}`, () => socket.dropMembership(group, '10.0.0.1'));
      t.throws(`addSourceSpecificMembership ${group}`,
               () => socket.addSourceSpecificMembership('10.0.0.1', group, '10.0.0.1'));
    }
    socket.close();
  });
});

scenario('zones/of-ipv6-settings', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.bind(12345, () => {
    for (const text of ['10.0.0.1%eth0', '::%', '::%nope']) {
      t.throws(`setMulticastInterface ${text}`, () => socket.setMulticastInterface(text));
    }
    for (const group of ['ff02::114%eth0', 'ff02::114%nope', 'ff02::114%']) {
      t.throws(`addMembership ${group}`, () => socket.addMembership(group, '::%eth0'));
      t.throws(`addMembership ${group} again`, () => socket.addMembership(group, '::%eth0'));
      t.throws(`dropMembership ${group}`, () => socket.dropMembership(group, '::%eth0'));
    }
    socket.close();
  });
});
