// SPDX-License-Identifier: Apache-2.0
// Reads a repository with tuf-js, a TUF client that is not ours:
//
//     node read_repository.mjs ROOT.json METADATA-URL TARGETS-URL FOLDER TARGET...
//
// Prints each target's path and length once it is fetched and verified. Any refusal ends with status 1.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Updater } from 'tuf-js';

const [root, metadataBaseUrl, targetBaseUrl, folder, ...targets] = process.argv.slice(2);
const metadataDir = join(folder, 'metadata');
const targetDir = join(folder, 'targets');
mkdirSync(metadataDir, { recursive: true });
mkdirSync(targetDir, { recursive: true });
copyFileSync(root, join(metadataDir, 'root.json'));

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
