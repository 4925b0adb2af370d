/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words_en.c - what every finding says in English.
 *
 * A row is code, title, text, remedies for {merchant, operator, vendor}; the rows stand in the
 * order of codes.h. Programs carry them packed (pack_words/). A sentence that serves several rows
 * is a macro, so that it stays one. No command is broken over two lines: grep finds them all.
 */
#include "manifests/words.h"

/* clang-format off */
#define NOTHING "Nothing to do."
#define CALL "call your service provider and give them this code."
#define KEEP_ON \
    "Nothing to do: leave the terminal switched on and connected, it tries again by itself."
#define OLD_RUNS "You can go on working: the terminal runs its old version."
#define AGAIN "Correct the place named and send the document again."
#define REBUILD \
    "If it is part of a release, correct it, run `postern release build` and sign again."
#define WIDEN(field) \
    "If the release was tested there, widen `fits." field "`, raise `sequence` and sign again."
#define SETTING "Correct the setting in the configuration file and start the program again."
#define SWAPPED \
    "Compare the file at the origin with every mirror and run `postern publish DIR` again. If " \
    "the origin is right, somebody swaps files on the way: run `postern rollout pause`."

const struct pst_words pst_words_en[] = {
    {PST_OK, "All in order",
     "Every check passed.",
     {NOTHING, NOTHING, NOTHING}},

    {PST_SIGNATURE_MISSING, "No signature",
     "{where} carries no signature: expected {expected}, found {found}.",
     {"",
      "Make sure that the signed files were published and not the drafts, then run "
      "`postern publish DIR` again.",
      "Sign it with the role's keys (`postern-keys sign`) and deliver it again."}},
    {PST_SIGNATURE_INVALID, "Wrong signature",
     "A signature on {where} does not fit the content: the file reads well, but was changed after "
     "signing or signed with another key (expected {expected}, found {found}).",
     {"",
      "Run `postern rollout pause`, keep the file and treat it as tampering until the vendor has "
      "compared it. It is no transmission fault: that would be metadata.corrupt.",
      "Compare the file with your original. If it is yours, sign it again (`postern-keys sign`); "
      "if not, find out who changed it."}},
    {PST_SIGNATURE_THRESHOLD, "Too few signatures",
     "{where} has too few signatures that count: needed {expected}, counted {found}.",
     {"",
      "`postern terminal why ID` names each signature that did not count, and why: pass that to "
      "the vendor.",
      "Let more key holders sign (`postern-keys sign`). Expired, revoked and unknown keys do not "
      "count, and each key counts once."}},
    {PST_ALGORITHM_UNKNOWN, "Unknown signature algorithm",
     "{where} uses a signature algorithm that this software does not know: expected {expected}, "
     "found {found}.",
     {"",
      "Update the agents first; `postern status` counts the terminals concerned.",
      "Sign with an algorithm that every agent in the field knows, or release the newer agent "
      "first."}},
    {PST_ALGORITHM_RETIRED, "Retired signature algorithm",
     "{where} uses a signature algorithm that has been retired: expected {expected}, found "
     "{found}.",
     {"",
      "Run `postern rollout pause` until the vendor has signed anew.",
      "Rotate the role to a key of a current algorithm and sign again (`postern-keys sign`)."}},
    {PST_SIGNATURE_DUPLICATE, "Same key signed twice",
     "One key signed {where} more than once; it counts once (expected {expected}, found {found}).",
     {"",
      "If signature.threshold stands beside this, run `postern rollout pause` and ask the vendor "
      "for more signatures.",
      "Take the repeated signature out and let another key holder sign. If nobody did this on "
      "purpose, find out who could reach the signing tool."}},

    {PST_KEY_UNKNOWN, "Key not trusted",
     "A key is not trusted for {where}: expected {expected}, found {found}.",
     {"",
      "Compare the key ids with `postern-keys show`. If only a few terminals say so, they hold "
      "another root: check their trust anchor.",
      "Sign with a key that the role lists, or add this key in a new version of the root or of the "
      "role above."}},
    {PST_KEY_EXPIRED, "Signing key expired",
     "A signing key for {where} is past its own end date: expected {expected}, found {found}.",
     {"",
      "Neither the clock (clock.untrusted) nor the file's date (metadata.expired) is at fault. See "
      "the dates with `postern-keys show`, run `postern rollout pause` and ask the vendor to sign "
      "anew.",
      "Rotate: list a new key in a new version of the root or of the role above, then sign again "
      "with it (`postern-keys sign`)."}},
    {PST_KEY_NOT_YET_VALID, "Key not valid yet",
     "A signing key for {where} has not reached its start date: expected {expected}, found "
     "{found}.",
     {"",
      "Run `postern rollout pause`, and `postern rollout resume` on the start date that "
      "`postern-keys show` names. If one terminal alone says so, its clock is slow.",
      "Release after the key's start date, or sign with a key that is valid today."}},
    {PST_KEY_REVOKED, "Key revoked",
     "A signature on {where} comes from a key that was withdrawn: expected {expected}, found "
     "{found}.",
     {"",
      "Run `postern rollout cancel` for every release that this key signed, and ask the vendor "
      "whether it leaked.",
      "Do not use this key again. Check what it signed, and sign the genuine releases anew with "
      "its successor."}},
    {PST_KEY_MALFORMED, "Unreadable key",
     "A key at {where} cannot be read: expected {expected}, found {found}.",
     {"",
      "Look at the file with `postern-keys show`; if it is damaged, copy it again from its source.",
      "Export the public key again in the format named, list it and sign the list anew."}},
    {PST_KEY_WEAK, "Key too weak",
     "A key at {where} is too weak: required {expected}, found {found}.",
     {"",
      "Run `postern rollout pause` until the vendor has signed with a stronger key.",
      "Make a stronger key (ed25519, or RSA of 3072 bits and more), rotate to it and sign again."}},
    {PST_KEY_LOCKED, "Key stays locked",
     "The private key at {where} could not be unlocked: expected {expected}, found {found}.",
     {"",
      "Check the passphrase (or the PIN and the HSM's connection) and try again. A lost passphrase "
      "cannot be recovered: rotate the key.",
      "Sign with the other key holders of the threshold and rotate this key."}},
    {PST_KEY_WRONG_ROLE, "Key of another role",
     "The key does not belong to the role at {where}: expected {expected}, found {found}.",
     {"",
      "Take the key that `postern-keys show` lists for this role. Only a newly signed root or role "
      "above can change the list.",
      ""}},
    {PST_KEY_ID_MISMATCH, "Key id is false",
     "A key at {where} does not have the id under which it is listed: expected {expected}, found "
     "{found}.",
     {"",
      "Do not publish this file; ask the vendor for the key's fingerprint by another channel.",
      "List the key under the id that `postern-keys show` computes and sign again. If your own "
      "file is right, this copy was forged."}},

    {PST_METADATA_MISSING, "Signed file missing",
     "A signed file is not there ({where}): expected {expected}, found {found}.",
     {"",
      "Run `postern publish DIR` with the complete folder, then look for the file on every mirror "
      "and cache.",
      ""}},
    {PST_METADATA_CORRUPT, "Signed file damaged",
     "{where} was damaged on the way or in storage: expected {expected}, found {found}.",
     {"",
      "Compare the file at the origin and on each mirror, empty the cache, run "
      "`postern publish DIR`; terminals then fetch it again by themselves. A whole file with a bad "
      "signature would be signature.invalid.",
      ""}},
    {PST_METADATA_FORMAT_UNKNOWN, "Format too new",
     "{where} is in a format that this software does not read: expected {expected}, found {found}.",
     {"",
      "Update the agent (or this service) first; `postern status` counts the terminals concerned.",
      "Release the agent that reads this format first, or deliver in the older format as well."}},
    {PST_METADATA_TOO_LARGE, "Signed file too large",
     "{where} is larger than a signed file may be: allowed {expected}, found {found}.",
     {"",
      "See with `postern terminal why ID` which source sent it; a proxy or an attacker may send "
      "endless data. If your own file is that large, ask the vendor to split it.",
      ""}},
    {PST_METADATA_WRONG_ROLE, "File of another role",
     "{where} holds the file of another role: expected {expected}, found {found}.",
     {"", SWAPPED, ""}},
    {PST_METADATA_WRONG_VERSION, "Version not as listed",
     "{where} is not of the version that the signed list names: expected {expected}, found "
     "{found}.",
     {"",
      "Files of two publications are mixed. Empty the caches and run `postern publish DIR` so that "
      "all belong together.",
      ""}},
    {PST_METADATA_ROLLBACK, "Older than trusted",
     "{where} is older than what is trusted already: expected {expected}, found {found}.",
     {"",
      "A mirror, cache or restored backup serves old files: bring it up to date. If none does, "
      "somebody replays old files: run `postern rollout pause` and investigate.",
      ""}},
    {PST_METADATA_EXPIRED, "Signed file expired",
     "{where} is past the date written in the file: expected {expected}, found {found}.",
     {"",
      "Keys and clock are in order (else key.expired, clock.untrusted). timestamp, snapshot: see "
      "with `postern status` that the service runs and signs. Others: have them signed anew, then "
      "`postern publish DIR`.",
      "Sign the role again with a later date (`postern-keys sign`); its keys may stay."}},
    {PST_METADATA_NOT_LISTED, "Not in the signed list",
     "{where} is not in the signed list: expected {expected}, found {found}.",
     {"",
      "Check the product and version asked for; if they are right, run `postern publish DIR` for "
      "that release.",
      "Add it to the product role's list and sign the list again."}},
    {PST_METADATA_LIMIT, "Limit reached",
     "Reading {where} was ended at a limit: allowed {expected}, found {found}.",
     {"",
      "What was learnt is kept and the next check-in goes on from there. If it stays, the chain of "
      "roots or roles is too long: ask the vendor.",
      ""}},

    {PST_BAD_SYNTAX, "Malformed document",
     "{where} cannot be read: expected {expected}, found {found}.",
     {"", AGAIN, REBUILD}},
    {PST_BAD_ENCODING, "Not UTF-8 text",
     "{where} is not clean UTF-8 text: expected {expected}, found {found}.",
     {"",
      "Save the file as UTF-8, without byte order mark or control characters, and send it again.",
      REBUILD}},
    {PST_DUPLICATE_FIELD, "Field stands twice",
     "A field stands more than once at {where}: expected {expected}, found {found}.",
     {"",
      "Find out which value is meant, take the other out and send the document again.",
      REBUILD}},
    {PST_MISSING_FIELD, "Field missing",
     "A field is missing at {where}: expected {expected}, found {found}.",
     {"", "Add the field and send the document again.", REBUILD}},
    {PST_UNKNOWN_FIELD, "Unknown field",
     "{where} has a field that has no meaning here: expected {expected}, found {found}.",
     {"",
      "Check the spelling (capitals matter). If the field belongs to a newer version, update this "
      "program first.",
      REBUILD}},
    {PST_WRONG_TYPE, "Wrong type of value",
     "A value at {where} is of the wrong type: expected {expected}, found {found}.",
     {"", AGAIN, REBUILD}},
    {PST_OUT_OF_BOUNDS, "Value out of bounds",
     "A value at {where} is out of bounds: allowed {expected}, found {found}.",
     {"", AGAIN, REBUILD}},
    {PST_EMPTY_RANGE, "Range fits nothing",
     "A version range at {where} fits no version: expected {expected}, found {found}.",
     {"",
      "Put the lower bound first, as in `>=5.2.0 <6.0.0`, and send the document again.",
      REBUILD}},
    {PST_TOO_LARGE, "Too large",
     "{where} is too large: allowed {expected}, found {found}.",
     {"", "Make the document shorter, or split it, and send it again.", REBUILD}},
    {PST_INCONSISTENT, "Contradicts itself",
     "Two statements at {where} contradict each other: expected {expected}, found {found}.",
     {"", AGAIN, REBUILD}},

    {PST_CLOCK_UNTRUSTED, "Clock is wrong",
     "The terminal's clock cannot be believed: expected {expected}, found {found}; its keys and "
     "files are not the cause.",
     {"Leave the terminal switched on and connected: it sets its clock by itself. If this returns "
      "whenever the power was off, its clock battery is empty: " CALL,
      "Do not rotate keys for this. Check that the site reaches its time server; if it is this "
      "terminal alone, have its clock battery replaced.",
      ""}},

    {PST_OS_TOO_OLD, "OS too old",
     "The terminal's OS is too old for this release: needed {expected}, found {found}.",
     {"",
      "Run `postern rollout start` for a release in between that fits; test it beforehand with "
      "`postern explain`.",
      WIDEN("os")}},
    {PST_OS_TOO_NEW, "OS too new",
     "The terminal's OS is newer than this release was made for: needed {expected}, found {found}.",
     {"",
      "Choose a later release for these terminals, or take them out with the rollout's filter.",
      WIDEN("os")}},
    {PST_OS_NOT_LISTED, "OS version not listed",
     "The terminal's OS is in none of this release's ranges: needed {expected}, found {found}.",
     {"",
      "Use `postern explain` to find a release that fits, and roll that out first.",
      WIDEN("os")}},
    {PST_HARDWARE_MODEL, "Other hardware model",
     "The release is not made for this hardware model: needed {expected}, found {found}.",
     {"",
      "Roll out the release of its own model to this terminal; if its record names the wrong "
      "product, correct it.",
      WIDEN("hardware")}},
    {PST_HARDWARE_REVISION, "Other hardware revision",
     "The release is not made for this hardware revision: needed {expected}, found {found}.",
     {"",
      "Take this revision out of the rollout and ask the vendor which release fits it.",
      WIDEN("hardware")}},
    {PST_AGENT_TOO_OLD, "Agent too old",
     "The update agent on the terminal is too old for this release: needed {expected}, found "
     "{found}.",
     {"",
      "Roll out the newer agent first, then run `postern rollout resume`.",
      "Lower `fits.agent` if the older agent can do it, raise `sequence` and sign again."}},
    {PST_BOOTLOADER, "Boot loader does not fit",
     "The terminal's boot loader does not fit this release: needed {expected}, found {found}.",
     {"",
      "Roll out the release that updates the boot loader first; where there is none, it is a case "
      "for the workshop.",
      WIDEN("bootloader")}},
    {PST_DATA_SCHEMA, "Data format does not fit",
     "The release cannot take over the data on the terminal: needed format {expected}, found "
     "{found}.",
     {"",
      "Roll out the bridge release that converts the data first.",
      "Publish a release that converts this data, or widen `fits.data_schema`."}},
    {PST_REGION, "Other region",
     "The release is not meant for this terminal's region: needed {expected}, found {found}.",
     {"",
      "Choose the release for that region; if the terminal's record names the wrong region, "
      "correct it.",
      WIDEN("regions")}},
    {PST_PRODUCT, "Other product",
     "The release belongs to another product line: expected {expected}, found {found}.",
     {"",
      "Check the product in the rollout and in the terminal's record, and correct the one that is "
      "wrong.",
      ""}},
    {PST_COMPONENT_MISSING, "No slot for component",
     "The terminal has no place for a component of the release: needed {expected}, found {found}.",
     {"",
      "Compare the slots in the agent's configuration with those that `postern-agent status` "
      "shows.",
      "Compare the slot classes in the manifest with this model's, and build the release without "
      "the component for it."}},
    {PST_BRIDGE_REQUIRED, "Release in between needed",
     "The terminal must not skip a bridge release on the way to this one: needed {expected}, found "
     "{found}.",
     {"", "Run `postern rollout start` for the bridge release first, then for this one.", ""}},
    {PST_ALREADY_INSTALLED, "Already installed",
     "The terminal already runs this release ({found}).",
     {NOTHING, NOTHING, ""}},

    {PST_DOWNGRADE_NOT_PERMITTED, "Going back not permitted",
     "The release is older than the one installed and does not permit going back: expected "
     "{expected}, found {found}.",
     {"",
      "Run `postern rollout cancel`. If you want to go back, ask the vendor for a manifest that "
      "permits it.",
      "Name the installed version in `downgrade_from`, raise `sequence` and sign again."}},
    {PST_DOWNGRADE_FLOOR, "Below the security floor",
     "The release is below the security floor of this terminal: expected {expected}, found "
     "{found}.",
     {"",
      "Run `postern rollout cancel` and choose a release at or above the floor.",
      "No manifest lifts the floor: build the wanted function anew as a version above it."}},

    {PST_DELTA_BASE, "Delta of another base",
     "The delta at {where} starts from another image than the one installed: expected {expected}, "
     "found {found}.",
     {"",
      "Nothing, if the release has a full image: the terminal takes that. Else ask the vendor for "
      "a delta from the version installed.",
      "Add a delta from that base (`postern release build`). Same version but other digest: the "
      "slot was modified."}},
    {PST_DELTA_FORMAT, "Delta format unknown",
     "The agent does not read the format of the delta at {where}: expected {expected}, found "
     "{found}.",
     {"",
      "The terminal takes another source if there is one. Update its agent to use such deltas.",
      "Add a full image or a delta in an older format (`postern release build`)."}},
    {PST_DELTA_MALFORMED, "Delta breaks its rules",
     "The delta at {where} arrived intact but breaks the rules of its format: expected {expected}, "
     "found {found}.",
     {"",
      "Run `postern rollout pause` and tell the vendor: these bytes were signed as they are.",
      "Withdraw the delta, find out how it was made and build it anew with "
      "`postern release build`."}},
    {PST_DELTA_MEMORY, "Too little memory for delta",
     "Decoding the delta at {where} takes more memory than the agent may use: expected {expected}, "
     "found {found}.",
     {"",
      "The terminal takes the full image where that is allowed. Raise the agent's memory limit if "
      "the hardware permits.",
      "Build the delta with a smaller window, or add a full image (`postern release build`)."}},
    {PST_DELTA_NO_SOURCE, "No usable source",
     "No delta and no full image of {where} can be used by this terminal: expected {expected}, "
     "found {found}.",
     {"",
      "`postern terminal why ID` tells for each source why not. Mend that, or ask the vendor for a "
      "full image.",
      "Add a full image, or a delta from the version installed there (`postern release build`)."}},

    {PST_IMAGE_CORRUPT, "Block damaged on the way",
     "A block of {where} was damaged on the way: expected {expected}, found {found}; it is fetched "
     "again.",
     {"",
      "If it repeats, compare the file on that mirror with the origin, empty the cache and run "
      "`postern publish DIR` again.",
      ""}},
    {PST_IMAGE_MISSING, "Image file missing",
     "An image file is not on the server ({where}): expected {expected}, found {found}.",
     {"",
      "Run `postern publish DIR` with the complete folder, and see that each mirror has taken the "
      "file over.",
      ""}},
    {PST_IMAGE_DIGEST, "Result is not the image",
     "Every block of {where} arrived intact, but decoding gave something else than the signed "
     "image: expected {expected}, found {found}.",
     {OLD_RUNS,
      "Run `postern rollout pause`. If it is one terminal alone, its base image or memory is bad: "
      "see `postern terminal why ID`.",
      "Rebuild the delta from the exact base with `postern release build`, compare the digests and "
      "sign again."}},
    {PST_IMAGE_SIZE, "Image of another size",
     "{where} does not have the size that was signed: expected {expected}, found {found}.",
     {"",
      "Run `postern rollout pause` and tell the vendor.",
      "Build the release anew with `postern release build`; sizes and bytes must come from one "
      "run."}},

    {PST_SLOT_READBACK, "Flash memory worn out",
     "The flash at {where} gave back other bytes than were written: expected {expected}, found "
     "{found}.",
     {OLD_RUNS " Its memory is wearing out, so do not wait: " CALL,
      "Download and signature were right. Send a replacement if `postern terminal why ID` shows it "
      "more than once.",
      ""}},
    {PST_SLOT_IO, "Storage fault",
     "The storage at {where} could not be read or written: expected {expected}, found {found}.",
     {"Switch the terminal off and on once. If the code comes back, " CALL,
      "See the device and block with `postern terminal why ID`; after a repeat, replace the "
      "terminal.",
      ""}},
    {PST_SLOT_ACTIVE, "Slot is in use",
     "The slot to be written ({where}) is the one that runs, so it was left alone: expected "
     "{expected}, found {found}.",
     {"",
      "Run `postern rollout pause` and compare the agent's slot settings with "
      "`postern-agent status`.",
      "Correct the slot map or the boot control of this model: the agent must see which slot "
      "runs."}},
    {PST_SLOT_TOO_SMALL, "Slot too small",
     "The image does not fit into the slot at {where}: expected {expected}, found {found}.",
     {"",
      "Take these terminals out of the rollout.",
      "Make the image smaller, or ship a bridge release that enlarges the slot."}},

    {PST_BOOT_MARKER, "Boot marker unreadable",
     "The marker that says which slot to start is damaged at {where}: expected {expected}, found "
     "{found}.",
     {"",
      "The running slot stays. Run `postern-agent status` on the terminal and send the output to "
      "the vendor.",
      "See whether another program writes the boot environment, or its flash is worn; then write "
      "both copies anew."}},
    {PST_BOOT_REVERTED, "Went back to old version",
     "The new version did not start and the terminal went back to the old one: expected "
     "{expected}, found {found}.",
     {OLD_RUNS,
      "Run `postern rollout pause`, see `postern terminal why ID`, and tell the vendor when "
      "several terminals say so.",
      "Reproduce the trial boot on this hardware revision, correct the image and release it as a "
      "new version."}},
    {PST_BOOT_HEALTH, "Self-test failed",
     "The new version started but failed its self-test at {where}: expected {expected}, found "
     "{found}.",
     {OLD_RUNS,
      "Run `postern rollout pause`; `postern terminal why ID` names the check. See that what it "
      "checks (host, printer, reader) works.",
      "Correct the image or the check in `confirm`, and release a new version."}},

    {PST_BATTERY_LOW, "Battery low",
     "The battery is too low for an update: needed {expected}, found {found}.",
     {"Put the terminal on its charger and leave it there switched on, best overnight.", "", ""}},
    {PST_NO_MAINS, "Not plugged in",
     "The update needs mains power: expected {expected}, found {found}.",
     {"Plug the terminal in and leave it switched on, best overnight.", "", ""}},
    {PST_BUSY, "Terminal in use",
     "The terminal is in use, and the update waits: expected {expected}, found {found}.",
     {"Carry on selling. After closing time leave the terminal switched on and plugged in.",
      "",
      ""}},
    {PST_TAMPERED, "Tamper alarm",
     "The terminal's tamper protection has tripped: expected {expected}, found {found}.",
     {"Stop taking payments on this terminal and call your service provider at once.",
      "Take the terminal out of service and have it collected; do not try the update again.",
      "Inspect the terminal in a secure room; update it only after its seal and keys are "
      "restored."}},
    {PST_NO_SPACE, "Too little free space",
     "There is too little free space for the update: needed {expected}, found {found}.",
     {"Let the terminal send its day's receipts (end-of-day closing) and leave it on. If the code "
      "stays, " CALL,
      "Have old logs and application data removed from the terminal.",
      ""}},
    {PST_WINDOW_CLOSED, "Outside the time window",
     "Updates are not allowed at this hour: expected {expected}, found {found}.",
     {"Leave the terminal switched on and plugged in overnight.",
      "Nothing: it is asked again in the next window. If nights keep being missed, widen the "
      "rollout's window.",
      ""}},
    {PST_METERED, "Costly connection",
     "The connection is paid by volume and the update may not use it: expected {expected}, found "
     "{found}.",
     {"Connect the terminal to Wi-Fi or a network cable if there is one.",
      "Wait for a free connection, or allow metered use in the rollout after looking at the bytes.",
      ""}},
    {PST_FACT_UNKNOWN, "Terminal state unknown",
     "The terminal could not tell a fact that the release asks for ({where}): expected {expected}, "
     "found {found}.",
     {"",
      "Run `postern-agent check` on the terminal and correct the file or command that its "
      "configuration names for this fact.",
      ""}},

    {PST_NET_UNREACHABLE, "No connection",
     "The update server cannot be reached from the terminal ({where}): expected {expected}, found "
     "{found}.",
     {"Check the network cable or Wi-Fi, and whether other devices are online. If only the "
      "terminal is not, " CALL,
      "If many terminals say so, check name service, firewall and the server; `postern status` "
      "tells whether the service runs.",
      ""}},
    {PST_NET_TLS, "Secure connection failed",
     "The secure connection to {where} failed: expected {expected}, found {found}.",
     {"",
      "Check the server certificate's end date, host name and chain, and the CA in the agent's "
      "configuration. With clock.untrusted beside it, mend the clock first.",
      ""}},
    {PST_NET_STATUS, "Server answered with error",
     "{where} gave an answer that is of no use: expected {expected}, found {found}.",
     {"",
      "Look this answer up in the log of the server or proxy. The terminal tries again by itself.",
      ""}},
    {PST_NET_STALLED, "Connection too slow",
     "The download from {where} came to a standstill: expected {expected}, found {found}.",
     {"Leave the terminal on, plugged in and near the router: it goes on where it stopped.",
      "If many terminals say so at once, check the bandwidth of the server and the mirrors.",
      ""}},
    {PST_NET_REDIRECT, "Sent to another address",
     "{where} sends the terminal elsewhere, which it does not follow: expected {expected}, found "
     "{found}.",
     {"",
      "Put the final address into the agent's configuration, or remove the redirect from the "
      "server or proxy.",
      ""}},
    {PST_NET_CAPTIVE, "Network asks for log-in",
     "A log-in page answers in place of {where}: expected {expected}, found {found}.",
     {"This network wants a log-in or consent first. Use another network, or ask whoever runs it "
      "to let the terminal through.",
      "Have the site put the terminal into a network without a log-in page.",
      ""}},
    {PST_NET_RANGE, "Partial download refused",
     "{where} does not serve parts of a file as asked: expected {expected}, found {found}.",
     {"",
      "Switch byte ranges on in this mirror or proxy, or take it out of the agent's list of "
      "sources.",
      ""}},
    {PST_NET_TRUNCATED, "Download broke off",
     "The download from {where} broke off: expected {expected}, found {found}.",
     {KEEP_ON " If it happens every night, check the cable or Wi-Fi.",
      "If many terminals break off at the same size, look for a limit in the proxy or mirror.",
      ""}},
    {PST_NET_FORBIDDEN, "Address not allowed",
     "The address at {where} is not allowed: expected {expected}, found {found}.",
     {"",
      "Use an https address (plain http is for this machine only) and correct the configuration.",
      ""}},

    {PST_SERVICE_MAINTENANCE, "Service under maintenance",
     "The update service is under maintenance: expected {expected}, found {found}.",
     {KEEP_ON, "Nothing: terminals come back by themselves once maintenance is ended.", ""}},
    {PST_SERVICE_UNAUTHORIZED, "Not signed in",
     "The service does not know who is asking: expected {expected}, found {found}.",
     {"",
      "Use a valid token; if it has ended, ask an admin for a new one. If a terminal says so, "
      "enroll it again.",
      ""}},
    {PST_SERVICE_NOT_ACCEPTED, "Waiting for acceptance",
     "The terminal is enrolled but not accepted yet: expected {expected}, found {found}.",
     {"",
      "Compare its serial number with your records and accept it in the list of terminals.",
      ""}},
    {PST_SERVICE_FORBIDDEN, "Not permitted",
     "You are not permitted to do this: expected {expected}, found {found}.",
     {"", "Ask an admin for the role or the scope named, or use a token that has it.", ""}},
    {PST_SERVICE_NOT_FOUND, "Not known here",
     "The service knows nothing by this name ({where}): expected {expected}, found {found}.",
     {"", "Check the spelling; `postern status` lists what there is.", ""}},
    {PST_SERVICE_CONFLICT, "Changed in the meantime",
     "The request does not fit the present state of {where}: expected {expected}, found {found}.",
     {"",
      "Look at the present state (`postern status`), then decide and send the request again.",
      ""}},
    {PST_SERVICE_BAD_REQUEST, "Bad request",
     "The request is not in order at {where}: expected {expected}, found {found}.",
     {"",
      "Correct the part named and send the request again. If a terminal sent it, update its agent.",
      ""}},
    {PST_SERVICE_OVERLOADED, "Service busy",
     "The service has too much to do just now: expected {expected}, found {found}.",
     {KEEP_ON,
      "Terminals come back later by themselves. If it lasts, run `postern rollout pause` and check "
      "load and disk of the server.",
      ""}},
    {PST_SERVICE_STORE, "Database fault",
     "The service cannot use its database: expected {expected}, found {found}.",
     {KEEP_ON,
      "Check the server's disk space and the database's log. Nothing that was confirmed is lost; "
      "terminals keep their reports until it works again.",
      ""}},
    {PST_SERVICE_METHOD, "Method not allowed",
     "{where} does not take this kind of request: expected {expected}, found {found}.",
     {"", "Use a method named there; the CLI and the server may be of different versions.", ""}},

    {PST_ASSIGNMENT_NONE, "No update planned",
     "No release is assigned to this terminal.",
     {NOTHING,
      "If you expected one, check with `postern status` that the rollout is running and its filter "
      "and percentage include the terminal.",
      ""}},
    {PST_ASSIGNMENT_OTHER, "Order for another terminal",
     "The order at {where} is for another terminal: expected {expected}, found {found}.",
     {"",
      "Look for a cloned terminal or a proxy that mixes answers up: see `postern terminal why ID`, "
      "and hold both terminals.",
      ""}},
    {PST_ASSIGNMENT_EXPIRED, "Order expired",
     "The order for this terminal is no longer valid: expected {expected}, found {found}.",
     {"",
      "The next check-in brings a new one. If it repeats, check the service's clock, and that no "
      "proxy caches check-ins.",
      ""}},
    {PST_ASSIGNMENT_REPLAYED, "Old order came again",
     "An order came that is older than one already accepted: expected {expected}, found {found}.",
     {"",
      "Check for a caching proxy or a service restored from backup. If there is neither, somebody "
      "replays old orders: run `postern rollout pause`.",
      ""}},
    {PST_ASSIGNMENT_WITHDRAWN, "Order withdrawn",
     "The update was withdrawn before it was installed: expected {expected}, found {found}.",
     {NOTHING,
      "Nothing, if intended; otherwise `postern rollout resume` or `postern rollout start`.",
      ""}},
    {PST_ASSIGNMENT_MISMATCH, "Order contradicts release",
     "The order names other contents than the vendor signed for {where}: expected {expected}, "
     "found {found}.",
     {"",
      "Run `postern rollout cancel`, publish the vendor's files with `postern publish DIR` and "
      "start anew.",
      "Compare your manifest's digest with the published one: a version must never have two "
      "contents."}},

    {PST_NO_MEMORY, "Out of memory",
     "This machine has no memory left: needed {expected}, found {found}.",
     {"",
      "End programs that are not needed or raise the memory limit of this one, then try again.",
      ""}},
    {PST_HOST_IO, "Read or write failed",
     "Reading or writing failed on this machine ({expected}): {found}.",
     {"", "Check the disk and the system's log; if they are in order, try again.", ""}},
    {PST_HOST_DISK_FULL, "Disk full",
     "There is no space left on this machine ({expected}): {found}.",
     {"",
      "Free space on that disk (or raise the quota) and run the same command again; nothing is "
      "left half done.",
      ""}},
    {PST_HOST_PERMISSION, "No permission",
     "The system does not permit this ({expected}): {found}.",
     {"",
      "Run it as the user who owns the file, or correct the owner, the mode or the read-only "
      "mount.",
      ""}},
    {PST_HOST_NOT_FOUND, "File not found",
     "A file or folder is not there ({expected}): {found}.",
     {"", "Check the path's spelling and the folder that you started from.", ""}},
    {PST_HOST_PORT, "Port in use",
     "Another program holds the network port ({expected}): {found}.",
     {"",
      "End the other program (`ss -ltnp` names it) or choose another port in the configuration.",
      ""}},
    {PST_HOST_STATE, "Stored state damaged",
     "The state stored at {where} is damaged: expected {expected}, found {found}.",
     {"",
      "The agent starts over from its built-in trust anchor: run `postern-agent once`. On the "
      "server, restore the last backup.",
      ""}},
    {PST_HOST_LOCKED, "Already running",
     "Another process is at work on the same data: expected {expected}, found {found}.",
     {"",
      "Wait until it ends, or end the other process; a lock that a dead process left is taken "
      "over.",
      ""}},
    {PST_HOST_CRYPTO, "Crypto library fault",
     "The crypto library on this machine failed: expected {expected}, found {found}.",
     {"",
      "Check the OpenSSL installation and its configuration (FIPS mode, providers), then try "
      "again.",
      ""}},
    {PST_HOST_STATE_NEWER, "State from newer version",
     "The state at {where} was written by a newer version: expected {expected}, found {found}.",
     {"", "Install that newer version of the program again; nothing was changed.", ""}},
    {PST_HOST_COMMAND, "External command failed",
     "A command named in the configuration failed ({where}): expected {expected}, found {found}.",
     {"",
      "Run the command by hand on a terminal and pass its output to the vendor.",
      "Correct the command or hook of this model: its exit status must be 0 within its time "
      "limit."}},
    {PST_HOST_EXISTS, "Already there",
     "Something of that name is already there and was left as it is ({expected}): {found}.",
     {"", "Choose another name, or remove the old one yourself if it is not needed.", ""}},
    {PST_HOST_STOPPED, "Stopped on request",
     "The work was stopped before its end ({expected}): {found}. Nothing was kept of it.",
     {"", "Start it again when it suits you.", ""}},

    {PST_CONFIG_SYNTAX, "Configuration malformed",
     "The configuration cannot be read at {where}: expected {expected}, found {found}.",
     {"", SETTING, ""}},
    {PST_CONFIG_UNKNOWN, "Unknown setting",
     "The configuration has an unknown setting at {where}: expected {expected}, found {found}.",
     {"", "Check the spelling or take the setting out, then start the program again.", ""}},
    {PST_CONFIG_MISSING, "Setting missing",
     "The configuration lacks a setting at {where}: expected {expected}, found {found}.",
     {"", "Add the setting to the configuration file and start the program again.", ""}},
    {PST_CONFIG_VALUE, "Bad setting",
     "A setting at {where} has a value that cannot be used: expected {expected}, found {found}.",
     {"", SETTING, ""}},
    {PST_USAGE, "Wrong arguments",
     "The command was not called properly: expected {expected}, found {found}.",
     {"", "Run the command with --help and correct the arguments.", ""}},

    {PST_RELEASE_EXISTS, "Release cannot change",
     "This version is published already with other contents ({where}): expected {expected}, found "
     "{found}.",
     {"",
      "Publish the changed release under a new version; the published one stays as it is.",
      "Raise the version and run `postern release build` again. Only new sources may be added to a "
      "version, with a higher `sequence`."}},
    {PST_RELEASE_INCOMPLETE, "Release incomplete",
     "The release lacks something that it names ({where}): expected {expected}, found {found}.",
     {"",
      "Add the file named and run `postern publish DIR` again; nothing was published.",
      "Run `postern release build` again and deliver the whole folder."}},
    {PST_RELEASE_UNPROVEN, "Delta failed its proof",
     "Applying the delta at {where} to its base did not give the target, so it was not signed: "
     "expected {expected}, found {found}.",
     {"",
      "Run `postern release build` again. If it fails again, test this machine's memory and disk, "
      "then build elsewhere.",
      "Check that base and target are the images that were shipped, and build the delta anew."}},
    {PST_RELEASE_COMPRESSED, "Content compressed",
     "Much of the image of {where} is compressed, and a delta finds nothing in such content that the "
     "terminal has already: expected {expected}, found {found}.",
     {"",
      "Ask the vendor for an image whose content is not compressed, before the next release.",
      "Build the image without compression: squashfs with `mksquashfs -noI -noD -noF -noX`, or ext4, "
      "or EROFS as it comes; kernel, initramfs and firmware volumes likewise. What is fetched is "
      "packed all the same, and a delta becomes a small part of it. If flash has no room for that, "
      "nothing is wrong but the length of what is fetched."}},
    {PST_ROLLOUT_STATE, "Not in this state",
     "The rollout's state does not allow this: expected {expected}, found {found}.",
     {"",
      "See the state with `postern status`: pause what runs, resume what is paused; a cancelled "
      "rollout needs a new `postern rollout start`.",
      ""}},
    {PST_BUNDLE_DAMAGED, "Bundle damaged",
     "The bundle was damaged or cut while it was copied ({where}): expected {expected}, found "
     "{found}.",
     {"",
      "Copy the bundle again from where it was made, and compare its checksum; if it happens again, "
      "take another USB stick.",
      ""}},
    {PST_BUNDLE_FORMAT_UNKNOWN, "Not a bundle",
     "{where} is no bundle that this version can read: expected {expected}, found {found}.",
     {"", "Make it with `postern release bundle`; of a newer format, update the agent first.", ""}},
    {PST_TOKEN_MODULE, "Token library unusable",
     "The PKCS#11 library for {where} cannot be used: expected {expected}, found {found}.",
     {"", "Name the library of the token's maker with `--module` or POSTERN_PKCS11_MODULE.", ""}},
    {PST_TOKEN_ABSENT, "Token not there",
     "The token of {where} is not there, or went away: expected {expected}, found {found}.",
     {"", "Plug the token in or reach the HSM, and repeat the command. Nothing was signed.", ""}},
    {PST_TOKEN_NOT_ONE, "Not exactly one key",
     "The pkcs11: URI at {where} does not fit exactly one key: expected {expected}, found {found}.",
     {"",
      "Say it with `token=`, `serial=`, `object=` or `id=`; `pkcs11-tool --login -O` lists what is "
      "there.",
      ""}},
    {PST_TOKEN_FAILED, "Token reported an error",
     "The token could not do it ({where}): expected {expected}, found {found}.",
     {"", "Look the CKR_ name up in the manual of the token's maker. Nothing was signed.", ""}},
};
/* clang-format on */

const size_t pst_words_en_count = PST_COUNT(pst_words_en);
