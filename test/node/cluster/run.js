'use strict';

// Plays scenarios with Node's own cluster, and compares what happens with what they say. README.md has their form.
// Usage: run.js scenario.txt...

const cluster = require('node:cluster');
const dgram = require('node:dgram');
const fs = require('node:fs');
const path = require('node:path');

const patience = 5000;

class Player {
  constructor() {
    this.workers = new Map();
    this.ports = [];
    this.lines = [];
    this.listening = [];
    this.waiting = new Map();  // what a worker is to say: its id, a function
    cluster.on('message', (worker, text) => this.waiting.get(worker.id)?.(text));
    cluster.on('listening', (worker, info) => {
      this.listening.push(`${worker.id} ${info.addressType} ${info.address ?? '-'} ${info.port} ${info.fd}`);
    });
  }

  log(line) { this.lines.push(line.replace(/\b(3[3-9]\d{3}|[45]\d{4}|6[0-5]\d{3}|32[89]\d{2}|327[789]\d)\b/g, (n) => this.name_of(n))); }
  name_of(port) {
    if (!this.ports.includes(port)) this.ports.push(port);
    return `<p${this.ports.indexOf(port) + 1}>`;
  }
  filled(command) { return command.replace(/<p(\d+)>/g, (_, n) => this.ports[n - 1]); }

  async until(condition) {
    const end = Date.now() + patience;
    while (!condition()) {
      if (Date.now() > end) throw new Error('it never came to that');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async play(command) {
    const words = this.filled(command).split(' ');
    if (/^\d+$/.test(words[0])) return this.tell(Number(words[0]), words.slice(1).join(' '));
    return this[words[0]](...words.slice(1));
  }
  async tell(id, text) {
    const said = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`worker ${id} does not answer: ${text}`)), patience);
      this.waiting.set(id, (line) => {
        clearTimeout(timer);
        resolve(line);
      });
      this.workers.get(id).send(text);
    });
    this.waiting.delete(id);
    this.log(said);
  }
  async fork() {
    const worker = cluster.fork();
    this.workers.set(worker.id, worker);
    await new Promise((resolve) => worker.once('online', resolve));
    this.log(`${worker.id} online`);
  }
  async ended(worker, does) {
    const seen = [];
    worker.once('disconnect', () => seen.push(`${worker.id} disconnect wanted=${worker.exitedAfterDisconnect}`));
    worker.once('exit', (code, signal) => seen.push(`${worker.id} exit ${signal ?? code}`));
    does();
    await this.until(() => seen.length === 2);
    seen.sort().forEach((line) => this.log(line));
  }
  kill(id) { return this.ended(this.workers.get(Number(id)), () => this.workers.get(Number(id)).process.kill('SIGKILL')); }
  exit(id, code) { return this.ended(this.workers.get(Number(id)), () => this.workers.get(Number(id)).send(`exit ${code}`)); }
  disconnect(id) { return this.ended(this.workers.get(Number(id)), () => this.workers.get(Number(id)).disconnect()); }
  leave(id) { return this.ended(this.workers.get(Number(id)), () => this.workers.get(Number(id)).send('disconnect')); }
  // The worker goes on: it only disconnects.
  async part(id) {
    const worker = this.workers.get(Number(id));
    const gone = new Promise((resolve) => worker.once('disconnect', resolve));
    worker.disconnect();
    await gone;
    this.log(`${id} disconnect wanted=${worker.exitedAfterDisconnect}`);
  }
  async events(count) {
    await this.until(() => this.listening.length >= Number(count));
    this.listening.splice(0).forEach((line) => this.log(`listening ${line}`));
  }
  bound(port) {
    const hex = Number(port).toString(16).toUpperCase().padStart(4, '0');
    const table = fs.readFileSync('/proc/net/udp', 'utf8') + fs.readFileSync('/proc/net/udp6', 'utf8');
    return table.split('\n').filter((line) => line.trim().split(/\s+/)[1]?.endsWith(`:${hex}`)).length;
  }
  async sockets(port, count) {
    await this.until(() => this.bound(port) === Number(count));
    this.log(`${count} on ${port}`);
  }
  count(port) { this.log(`${this.bound(port)} on ${port}`); }
  // Datagrams of one peer, one after the other. Who answers, answers each.
  async ask(port, count) {
    const socket = dgram.createSocket('udp4');
    let answers = 0;
    socket.on('message', () => {
      answers += 1;
      if (answers < Number(count)) socket.send('question', Number(port), '127.0.0.1');
    });
    socket.send('question', Number(port), '127.0.0.1');
    await this.until(() => answers === Number(count));
    socket.close();
    this.log(`${answers} answers`);
  }
  // A descriptor of the primary's.
  open(port) {
    this.handle = dgram._createSocketHandle('127.0.0.1', Number(port), 'udp4');
    this.log(`descriptor ${this.handle.fd > 2}`);
    this.fd = this.handle.fd;
  }
}

const parts = /^(> )?(.*)$/;

// Commands, and what is to come of each: lines for all, or "node:" and "dgram:" where they differ.
function parse(text, who) {
  const steps = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, is_command, rest] = parts.exec(line);
    if (is_command) steps.push({ command: rest, wanted: [] });
    else if (rest.startsWith(`${who}: `)) steps.at(-1).wanted.push(rest.slice(who.length + 2));
    else if (!/^(node|dgram): /.test(rest)) steps.at(-1).wanted.push(rest);
  }
  return steps;
}

async function one(file) {
  process.noDeprecation = true;
  cluster.setupPrimary({ exec: path.join(__dirname, 'worker.js'), execArgv: ['--no-deprecation'] });
  const player = new Player();
  let bad = false;
  try {
    for (const { command, wanted } of parse(fs.readFileSync(file, 'utf8'), 'node')) {
      player.lines = [];
      await player.play(command.replace('<fd>', player.fd));
      if (player.lines.join('\n') === wanted.join('\n')) continue;
      bad = true;
      console.log(`${path.basename(file)}: > ${command}\n  wanted ${wanted.join('\n         ')}\n  got    ${player.lines.join('\n         ')}`);
    }
  } catch (err) {
    bad = true;
    console.log(`${path.basename(file)}: ${err.message}`);
  }
  for (const worker of player.workers.values()) worker.process.kill('SIGKILL');
  process.exit(bad ? 1 : 0);
}

const files = process.argv.slice(2);
if (files.length === 1) {
  one(files[0]);
} else {
  const { spawnSync } = require('node:child_process');
  let failed = 0;
  for (const file of files) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [__filename, file], { encoding: 'utf8' });
    if (status !== 0) failed += 1;
    process.stdout.write(stdout + stderr);
  }
  console.log(`${files.length - failed} of ${files.length} as Node does`);
  process.exitCode = failed === 0 ? 0 : 1;
}
