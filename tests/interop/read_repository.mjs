// SPDX-License-Identifier: Apache-2.0
// Reads a repository with tuf-js, a TUF client that is not ours:
//
//     node read_repository.mjs ROOT.json METADATA-URL TARGETS-URL FOLDER TARGET...
//
// Prints each target's path and length once it is fetched and verified. Any refusal ends with status 1,
// and its kind on the standard error. With CLIENT_DATE set, it is that day for the client. Without
// arguments, it takes them from lines on the standard input, and ends each answer with a line "done 0" or,
// after the refusal, "done 1".
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Updater } from 'tuf-js';

const today = process.env.CLIENT_DATE;
if (today) {
  const ahead = new Date(today).getTime() - Date.now();
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length > 0 ? given : [RealDate.now() + ahead]));
    }
  };
}

async function read([root, metadataBaseUrl, targetBaseUrl, folder, ...targets]) {
  const metadataDir = join(folder, 'metadata');
  const targetDir = join(folder, 'targets');
  mkdirSync(metadataDir, { recursive: true });
  mkdirSync(targetDir, { recursive: true });
  const trusted = join(metadataDir, 'root.json');
  if (!existsSync(trusted)) copyFileSync(root, trusted);
  const updater = new Updater({
    metadataDir, metadataBaseUrl, targetDir, targetBaseUrl,
    config: { fetchRetries: 0, fetchTimeout: 10000 },
  });
  await updater.refresh();
  for (const target of targets) {
    const info = await updater.getTargetInfo(target);
    if (info === undefined) throw new Error(`no role lists ${target}`);
    await updater.downloadTarget(info, join(targetDir, encodeURIComponent(target)));
    console.log(`${target} ${info.length}`);
  }
}

async function told(given) {
  try {
    await read(given);
    return '';
  } catch (refusal) {
    return `${refusal.constructor.name}: ${refusal.message}`;
  }
}

const given = process.argv.slice(2);
if (given.length > 0) {
  const refusal = await told(given);
  if (refusal) console.error(refusal);
  process.exitCode = refusal ? 1 : 0;
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const refusal = await told(line.split(' '));
    if (refusal) console.log(refusal);
    console.log(`done ${refusal ? 1 : 0}`);
  }
}
