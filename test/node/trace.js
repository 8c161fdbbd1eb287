'use strict';

// What scenarios are made of: scenario() declares one, and the object that its function gets writes its trace. Whatever
// differs from run to run is replaced by stable words here; README.md has the grammar of the lines.

const dgram = require('node:dgram');
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');

const scenarios = [];

// scenario(name, function (t)) or scenario(name, options, function (t)). Options:
//   since: '24.21.0'    is about something that Node has since then, and runs on this version
//   namespace: true     needs a network of its own: fixed ports, IPv6, multicast, broadcast
//   descriptor: 'udp4'  starts with a bound UDP socket as descriptor 3; 'udp4-connected': which has a peer, too
//   trap: 'what'        what Node does here is a known fault or a surprise that a port may decline to copy
function scenario(name, options, body) {
  if (typeof options === 'function') [options, body] = [{}, options];
  if (scenarios.some((other) => other.name === name)) throw new Error(`two scenarios are called ${name}`);
  scenarios.push({ name, options, body });
}

class Trace {
  #ports = new Map();
  #one = 0;  // what the kernel counts for one of the datagrams that wait

  log(line) {
    fs.writeSync(1, `${line}\n`);
  }

  // --- when things run ---------------------------------------------------------------------------

  tick(name) {
    process.nextTick(() => this.log(`tick ${name}`));
  }

  microtask(name) {
    queueMicrotask(() => this.log(`microtask ${name}`));
  }

  immediate(name) {
    setImmediate(() => this.log(`immediate ${name}`));
  }

  // Calls f when everything that could still happen has happened. To show that something does not.
  settle(f) {
    setTimeout(f, 50);
  }

  // --- sockets -----------------------------------------------------------------------------------

  // From now on the port of this bound socket is written as <name>.
  port(socket, name) {
    this.#ports.set(socket.address().port, name);
  }

  // Logs these events of a socket, with listeners that are added in this order.
  on(socket, name, ...events) {
    for (const event of events) {
      if (event === 'error') {
        socket.on('error', (err) => this.error(name, err));
      } else if (event === 'message') {
        socket.on('message', (msg, rinfo) => this.message(name, msg, rinfo));
      } else {
        socket.on(event, () => this.log(`${event} ${name}`));
      }
    }
  }

  message(name, msg, rinfo) {
    this.log(`message ${name} ${payload(msg)} from ${this.#endpoint(rinfo)} size=${rinfo.size}`);
  }

  // What the callback of a send was called with.
  sent(name, err, bytes) {
    const outcome = err ? `error ${this.#words(err)}` : `error=${err}`;
    this.log(`sent ${name} bytes=${bytes ?? '-'} ${outcome}`);
  }

  // Blocks until so many datagrams wait in the kernel for this socket, the first of which is alone as yet: all have the
  // same size. Call it after the first send and again after the last.
  readable(socket, count = 1) {
    const port = socket.address().port.toString(16).toUpperCase().padStart(4, '0');
    const deadline = Date.now() + 4000;
    while (Date.now() < deadline) {
      const lines = fs.readFileSync('/proc/self/net/udp', 'latin1').split('\n');
      const own = lines.find((line) => line.includes(`:${port} `) && line.split(':')[2].startsWith(port));
      if (own === undefined) continue;  // the table is read in pieces: one that changes meanwhile may lack a line
      const queued = parseInt(own.trim().split(/\s+/)[4].split(':')[1], 16);
      if (count === 1 && queued > 0) this.#one = queued;
      if (queued > 0 && queued >= count * this.#one) return;
    }
    this.log('no datagram arrived');
  }

  // The descriptor of a bound socket.
  fd(socket) {
    const state = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'state symbol');
    return socket[state].handle.fd;
  }

  // Runs the program ip: for scenarios in a network of their own.
  ip(...words) {
    execFileSync('ip', words, { env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  }

  // --- results -----------------------------------------------------------------------------------

  error(where, err) {
    this.log(`${where} error ${this.#words(err)}`);
  }

  // Both write what happened. Which of the two a scenario calls says what it is about.
  throws(what, f) {
    this.#call(what, f);
  }

  returns(what, f) {
    this.#call(what, f);
  }

  // An uncaught exception is logged in any case. After this call the process goes on then, else it ends.
  survive() {
    process.on('uncaughtException', () => {});
  }

  #call(what, f) {
    let value;
    try {
      value = f();
    } catch (err) {
      this.log(`${what} threw ${this.#words(err)}`);
      return;
    }
    this.log(`${what} returned ${this.#value(value)}`);
  }

  #value(value) {
    if (value instanceof dgram.Socket) return 'socket';
    if (typeof value === 'object' && value !== null && 'port' in value) return this.#endpoint(value);
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  }

  #endpoint({ address, family, port }) {
    return `${address} ${this.#port(port)} ${family}`;
  }

  // Ports that a scenario chose itself are lower than those that the kernel chooses.
  #port(port) {
    if (port === undefined) return '-';
    if (this.#ports.has(port)) return `<${this.#ports.get(port)}>`;
    return port < 32768 ? String(port) : '<unregistered>';
  }

  #words(err) {
    const message = String(err.message).replace(/:(\d+)$/, (all, port) => `:${this.#port(Number(port))}`);
    const hostname = err.hostname === undefined ? '' : ` hostname=${err.hostname}`;
    return `name=${err.name} code=${err.code ?? '-'} errno=${err.errno ?? '-'} syscall=${err.syscall ?? '-'} ` +
      `address=${err.address ?? '-'} port=${this.#port(err.port)}${hostname} message=${JSON.stringify(message)}`;
  }
}

function payload(msg) {
  return msg.length <= 64 ? JSON.stringify(msg.toString()) : `${msg.length} bytes`;
}

// Runs one scenario in this process, which ends when its event loop is empty.
function run(name) {
  const { body } = scenarios.find((each) => each.name === name);
  const t = new Trace();
  process.on('uncaughtExceptionMonitor', (err) => t.error('uncaught', err));
  setTimeout(() => {
    t.log('HUNG');
    process.exit();
  }, 5000).unref();
  body(t);
}

module.exports = { scenario, scenarios, run };
