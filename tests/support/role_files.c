/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/role_files.h"

#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
static const char root[] =
    "{'signatures':[{'keyid':'aa','sig':'00ff'},{'keyid':'bb','sig':''}],\n"
    " 'signed':{'_type':'root','spec_version':'1.0.34','version':7,\n"
    "  'expires':'2030-01-02T03:04:05Z','consistent_snapshot':true,\n"
    "  'keys':{\n"
    "   'aa':{'keytype':'ed25519','scheme':'ed25519','keyval':{'public':'00ff'},\n"
    "         'x-postern-not-before':'2026-01-01T00:00:00Z',"
    "'x-postern-not-after':'2028-01-01T00:00:00Z'},\n"
    "   'bb':{'keytype':'rsa','scheme':'rsassa-pss-sha256',\n"
    "         'keyval':{'public':'-----BEGIN\\nAA\\n'}}},\n"
    "  'roles':{\n"
    "   'root':{'keyids':['aa','bb'],'threshold':2},\n"
    "   'timestamp':{'keyids':['aa'],'threshold':1},\n"
    "   'snapshot':{'keyids':['aa'],'threshold':1},\n"
    "   'targets':{'keyids':['bb'],'threshold':1}},\n"
    "  'x-postern-retired-schemes':{'rsassa-pss-sha256':'2029-01-01T00:00:00Z'},\n"
    "  'x-postern-revoked-keys':{'cc':{'from':'2026-05-05T00:00:00Z','reason':'leaked'}}}}\n";

#define SHA256 "'sha256':'00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF'"
#define SHA512 "'sha512':'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" \
               "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'"

static const char timestamp[] =
    "{'signatures':[{'keyid':'aa','sig':'00'}],\n"
    " 'signed':{'_type':'timestamp','spec_version':'1.0','version':9007199254740991,\n"
    "  'expires':'2030-01-02T03:04:05Z',\n"
    "  'meta':{'snapshot.json':{'version':3,'length':0,'hashes':{'md5':'00'," SHA256 "}}}}}\n";

static const char snapshot[] =
    "{'signatures':[{'keyid':'aa','sig':'00'}],\n"
    " 'signed':{'_type':'snapshot','spec_version':'1','version':1,\n"
    "  'expires':'2030-01-02T03:04:05Z',\n"
    "  'meta':{'targets.json':{'version':1},'pos-a.json':{'version':12,'length':512}}}}\n";

#define TARGETS_HEAD \
    "{'signatures':[],\n" \
    " 'signed':{'_type':'targets','spec_version':'1.0.34','version':5,\n" \
    "  'expires':'2030-01-02T03:04:05Z',\n" \
    "  'targets':{'pos-a/2.0.0/os.img':{'length':70000,\n" \
    "              'hashes':{" SHA256 "," SHA512 "},'custom':{}},\n" \
    "             'pos-a/1.0.0/os.img':{'length':0,'hashes':{'blake2b':'00'}}},\n" \
    "  'delegations':{\n" \
    "   'keys':{'dd':{'keytype':'ecdsa','scheme':'ecdsa-sha2-nistp256',\n" \
    "         'keyval':{'public':'PEM'}}},\n"

static const char targets[] =
    TARGETS_HEAD
    "   'roles':[\n"
    "    {'name':'pos-a','keyids':['dd'],'threshold':1,'terminating':true,'paths':['pos-a/*/*']},\n"
    "    {'name':'rest','keyids':['dd'],'threshold':2,'terminating':false,\n"
    "     'path_hash_prefixes':['0a','f']}]}}}\n";

const char role_file_bins[] =
    TARGETS_HEAD
    "   'succinct_roles':{'keyids':['dd'],'threshold':1,'bit_length':8,'name_prefix':'bin'}}}}\n";
/* clang-format on */

const char *role_file(enum pst_role_kind kind)
{
    static const char *const files[] = {
        [PST_ROLE_ROOT] = root,
        [PST_ROLE_TIMESTAMP] = timestamp,
        [PST_ROLE_SNAPSHOT] = snapshot,
        [PST_ROLE_TARGETS] = targets,
    };
    return files[kind];
}

static bool add_quoted(struct pst_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!pst_buf_add(out, text[i] == '\'' ? "\"" : &text[i], 1))
            return false;
    return true;
}

bool role_file_text(const char *file, const char *find, const char *put, struct pst_buf *out)
{
    const char *at = find != NULL ? strstr(file, find) : file;
    if (at == NULL)
        return false;
    const char *rest = find != NULL ? at + strlen(find) : at;
    return add_quoted(out, file, (size_t)(at - file)) &&
           (find == NULL || add_quoted(out, put, strlen(put))) &&
           add_quoted(out, rest, strlen(rest));
}

enum pst_code role_file_parse(enum pst_role_kind kind, const char *file, const char *find,
                              const char *put, struct pst_role **out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(1 << 20);
    if (!role_file_text(file, find, put, &text)) {
        fprintf(stderr, "role_files: no %s in the file\n", find);
        abort();
    }
    return pst_role_parse(kind, pst_buf_bytes(&text), out, why);
}
