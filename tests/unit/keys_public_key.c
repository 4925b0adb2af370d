/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/public_key.h"
#include "manifests/json.h"
#include "tests/support/check.h"

/* Made with the openssl program; the private halves were thrown away. */
/* clang-format off */
static const char pem_p256[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoZ0kweK7TXC7tAnGL+pFa9kaKpsa\n"
    "ve6mhlEvX48NsRNxYhfmFJrcllHcEw1E28xY91VoMKaR6Itlcef4sITerQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_p256_compressed[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADoZ0kweK7TXC7tAnGL+pFa9kaKpsa\n"
    "ve6mhlEvX48NsRM=\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_p256_explicit[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA\n"
    "AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////\n"
    "///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd\n"
    "NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5\n"
    "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA\n"
    "//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABKGdJMHiu01wu7QJxi/qRWvZ\n"
    "GiqbGr3upoZRL1+PDbETcWIX5hSa3JZR3BMNRNvMWPdVaDCmkeiLZXHn+LCE3q0=\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_p256_and_a_byte[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoZ0kweK7TXC7tAnGL+pFa9kaKpsa\n"
    "ve6mhlEvX48NsRNxYhfmFJrcllHcEw1E28xY91VoMKaR6Itlcef4sITerQA=\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_p256_with_a_header[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "Proc-Type: 4,CLEAR\n"
    "\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoZ0kweK7TXC7tAnGL+pFa9kaKpsa\n"
    "ve6mhlEvX48NsRNxYhfmFJrcllHcEw1E28xY91VoMKaR6Itlcef4sITerQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_p384[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEjGFL82CureRxJQYeltWLQqArP1/+EaL3\n"
    "U4OnbjtIAyrDzmPXiHfYn3NsvuofE/iVDrzuRl+2BA86jimHr1z1aW4YlB+coI83\n"
    "QOVTpFJmoS+Inog3eCPgJPv27hH9E1my\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_k256[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEg30BxhpLA/xk/dgWGCROVLtKkbyTM/l+\n"
    "FtJcrmJcQW1UyDwPYdkTxDR2JIy+vfLDCRjBuiP0/7I+nfQU6JTlng==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_rsa_1024[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDZM9ObruoqGSomfT98gRPZu+HP\n"
    "4Y02LnlY8RFZkGvEGHJDX/iOHn1ycTDJ7OiTnCTzhLXHyMbxC/+zkAVCYBkkK9qE\n"
    "QM+a0sitqcp3Cib8Mq8hVOXxTe5KafXgTRfgiPlGYG/vZyy001K9YwgVvIqek92p\n"
    "jZVw1+3KoW2W5frfqwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
/* Made by hand, as no program makes it. */
static const char pem_rsa_divisible_by_3[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhjxNdF9VcgMwGFDFo4/V\n"
    "R5I6c2mU47+RGmHb4i5EFYuul7qU0O2oL49tBVhO+Ko4kidmWB4nocCKamPsJO3m\n"
    "pGtMskJKI9WWIhe+rdvElsuOgZc+C+zXsDiY0ZD569rMDLHinGWM2hSV5gr1k70E\n"
    "zw/WMPHynQ2plT9I8aCfdrWhcLM4OSYwWfKMEF0fsXwjkMGSz9OslK8PId22bK1K\n"
    "Jo0Rbs4XOPfZPZwXJBHiC49rDVSbbwNnWhYAo1oJmVDYNvZ1zIHnTvXo4l2UDtkE\n"
    "dZUxmF1dncn4GBjoEYkvkCvSPwgkEosvMwxcf9Cmo6RQZRMnDiaeDTfyp03kUua0\n"
    "OwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
/* The last bytes are the modulus' last and the exponent. The even one has no other small factor. */
#define PEM_RSA_2048(end)                                                \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAonEMlRGIdSjiwjSNjOca\n" \
    "wFxrlk2QUwMEj3CT8UAOOnCxgPfb6snTCLFJsYgCW6Ss6hxZkSq1z3WtWsZknYV6\n" \
    "JjFFnynrywPCAym0ogmHCQMcEPuUY47xWOnCVCmVtY3CPOVju7EYB7nwH46D5UR1\n" \
    "/XJ2rz4xtJUcPwYN1xFuMhZxWN9fYmAg8Dh2EuZJUrHLyTc06imRbrNVJSiVi7E1\n" \
    "0ehJUC6g/rthwVjaW+mgmGo042U0d3HjaMNdRlJyM4scHwAmX2rRxDo8B1sVIKrt\n" \
    "J33z5MU0anI93YJar5sbZNkP4cOkM9H3RX6Kbuch1hL9IqZSxqdFRkU5ACf8Bpn0\n" \
    end "\n"                                                             \
    "-----END PUBLIC KEY-----\n"
static const char pem_rsa_2048[] = PEM_RSA_2048("iQIDAQAB");
static const char pem_rsa_even[] = PEM_RSA_2048("IgIDAQAB");
static const char pem_rsa_even_exponent[] = PEM_RSA_2048("iQIDAQAA");
static const char pem_rsa_exponent_1[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAonEMlRGIdSjiwjSNjOca\n"
    "wFxrlk2QUwMEj3CT8UAOOnCxgPfb6snTCLFJsYgCW6Ss6hxZkSq1z3WtWsZknYV6\n"
    "JjFFnynrywPCAym0ogmHCQMcEPuUY47xWOnCVCmVtY3CPOVju7EYB7nwH46D5UR1\n"
    "/XJ2rz4xtJUcPwYN1xFuMhZxWN9fYmAg8Dh2EuZJUrHLyTc06imRbrNVJSiVi7E1\n"
    "0ehJUC6g/rthwVjaW+mgmGo042U0d3HjaMNdRlJyM4scHwAmX2rRxDo8B1sVIKrt\n"
    "J33z5MU0anI93YJar5sbZNkP4cOkM9H3RX6Kbuch1hL9IqZSxqdFRkU5ACf8Bpn0\n"
    "iQIBAQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_rsa_prime[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhjxNdF9VcgMwGFDFo4/V\n"
    "R5I6c2mU47+RGmHb4i5EFYuul7qU0O2oL49tBVhO+Ko4kidmWB4nocCKamPsJO3m\n"
    "pGtMskJKI9WWIhe+rdvElsuOgZc+C+zXsDiY0ZD569rMDLHinGWM2hSV5gr1k70E\n"
    "zw/WMPHynQ2plT9I8aCfdrWhcLM4OSYwWfKMEF0fsXwjkMGSz9OslK8PId22bK1K\n"
    "Jo0Rbs4XOPfZPZwXJBHiC49rDVSbbwNnWhYAo1oJmVDYNvZ1zIHnTvXo4l2UDtkE\n"
    "dZUxmF1dncn4GBjoEYkvkCvSPwgkEosvMwxcf9Cmo6RQZRMnDiaeDTfyp03kUua/\n"
    "cwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
#define A64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
static const char pem_rsa_8193[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIEIjANBgkqhkiG9w0BAQEFAAOCBA8AMIIECgKCBAEBAAAAAAAAAAAAAAAAAAAA\n"
    A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64
    "AQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_rsa_pkcs1[] =
    "-----BEGIN RSA PUBLIC KEY-----\n"
    "MIIBCgKCAQEAonEMlRGIdSjiwjSNjOcawFxrlk2QUwMEj3CT8UAOOnCxgPfb6snT\n"
    "CLFJsYgCW6Ss6hxZkSq1z3WtWsZknYV6JjFFnynrywPCAym0ogmHCQMcEPuUY47x\n"
    "WOnCVCmVtY3CPOVju7EYB7nwH46D5UR1/XJ2rz4xtJUcPwYN1xFuMhZxWN9fYmAg\n"
    "8Dh2EuZJUrHLyTc06imRbrNVJSiVi7E10ehJUC6g/rthwVjaW+mgmGo042U0d3Hj\n"
    "aMNdRlJyM4scHwAmX2rRxDo8B1sVIKrtJ33z5MU0anI93YJar5sbZNkP4cOkM9H3\n"
    "RX6Kbuch1hL9IqZSxqdFRkU5ACf8Bpn0iQIDAQAB\n"
    "-----END RSA PUBLIC KEY-----\n";
static const char pem_rsa_pss[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAJ8/2g7HVjL3CMO2e+1N07LU\n"
    "lO3dIyYlVEyxZU7MjAE53AN6/YR7z0EtMdfK4kbbTP4SDwdAclOPdrrBoalNaFs/\n"
    "F2S8DS1ya5PCAAC6715lFvCG9Iil2XYEe/mMONd6CCTFm4N9qHaht6IcLsgfm76c\n"
    "0fR2aWua6nDvktgn9kxqyCL/UObyGcJ2gl6oGYpbh84+ZTpWD2YpqG5g+8fFeKeq\n"
    "0SMIfQcMVuTs4K3mZ4mbxBWxV5QLXDeaLs9PtaPa0xoYsrvHhZOpc7cA8n56+gQu\n"
    "3zFwfl2GldOldCbOiPiobpRv+ikbvfGE5IGtjiG4DThTzxx6RH+EgLGjkBZv3S0C\n"
    "AwEAAQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_ed25519[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAt/slUKfYCNPqRBKjv6QBFP0PQUm5YhtXz5XdOAhF4rc=\n"
    "-----END PUBLIC KEY-----\n";
static const char p256_sig[] =
    "304502201307f751a4ccb3ab2b878324b4e7cba07dbb428a88d1d0b005121843da736cec022100b1"
    "a932f955311eabd4f9b06c43b0bc8977066b2bad00aa65fef060532327dda7";
static const char pss_salt_0[] =
    "8d8ee9b3c4b40248292e09a0d47823b516bbb68b94783c6e20bace5da8e1ae06eb563b9ec6d58058"
    "14268c72fbff30991eb01308b879ffee63b4fb837d7c3609b7eb0b7d31ae476c7bf4a54b4b39d8b7"
    "62051479abc2fac4df7940c227bd832f3d0948d264f69ae94bdc9f8d17ffed10755594bd0f4d3b3a"
    "35c17d42fa77b331fa39bfd6f81d2fd3f64cdfeb497485d59db3031028b96482dac505e466324c62"
    "fd055ef6e0a37f97ad4a5b2cbf8e9d32d8110664426bcff2cb81c1291f40843ff84a22b050865959"
    "7dd65c159cd8e7374e9b74dd9517f0c1c133418451e589d9fa457ced4776b5d4e68454a9de01aec9"
    "0268d059ea3627f6c518788366cb561d";
static const char pss_salt_20[] =
    "92d749ae019e2aa54dcb27abf698d53d4a4ac42bc78f72c52db7778273f3c194f33c267de0850d95"
    "2ef6634ceab8233673b97dbaf2f5202287fea336af4b916b3d1e7aa159ca3a68934bdffa323f329f"
    "54abe90fa1c883f2551d05c82c2d8f16c374832f4bebea755564a568a0fda3657e5f30cbc3a5ef5e"
    "273d5734e4bd0f1290a4e32becc518c1386fb127a20af970de40335c2eb946122e324dd09d0af2fd"
    "7825d445bdcd4b04822e8d8789f7932ba5a046e50aae2a7a35271b5e74b243ba9a40e8265cb1802e"
    "3d39f3398371f1998005d1d1eaab772a517825348a1b72ce9120e41ca34a56d72ca7f7e43f2062e2"
    "2dffb397dd4e160e8e1f50fa8a21eb6e";
static const char pss_salt_32[] =
    "7ad8b9efc5267f33b3ea835a08ed0e6d01ec68fd00adda4ebabf346859a7d506b29131126348373c"
    "8825b713bfb538a69b8253c3c8d6a8afd84b2e7c576a9d509a4aff3a676394821ce6b3581782e74a"
    "554ed8ccce4ba38673ccd049ce16715a3b1a298e29ed4bbb8c6fc935e05da437a34f9803fb202d9e"
    "f48f74bd8ee9155ccc6b0b0bfce025fb6152d89cec4004d85715bc6e44e7f63c06884ed38e5239e9"
    "5a3b0c94f4696a16a0536c6267e1ef65979e52afc3d5408057345cb6aa7e40a72af10c30b4e3f0a9"
    "40eed34ba790cd5fe9f92c082f36ec14d64bcf3d2f20c80985c68f19c6ded8f9be14c50ca3906b7b"
    "77b858adfe871c31af310769da563e10";
static const char pss_salt_most[] =
    "1481fee1e659577bc93b47d02c31262b7f1f784bd0acad0d429350d4071b52e3d860147066296463"
    "215ec3c69914e645bc41c130458364183d805bd2cf77451c3376a58df5d5db9f439bae450c134dd0"
    "9c3edb96aadd8d5fa5c7821420aa04c601008299721767157439c3e3549d83595bf11a5f83e22aca"
    "46d94d4b0ede74c1fca19603fda2490613aa82b239468fc39b835eb29e952c0c8f00acdd6d87cd52"
    "b9a86b3bd798a84497ed27e8c5138244a3ceb2b788fb1a3d0b324b48a57b89964657467c64a77713"
    "c419fca155a207b8e1d6b08d865ce062aaaa009cd193f00d6ca6268ecc50e3c9c6e5d346a46e1bc2"
    "54c6c69e16ac29feb22acd0308668630";
static const char pkcs1_sig[] =
    "4d9e8415280be9c298e2ddd3d0946b24a02890d4d0c512756fe77dcfa517a1835d07fb54137e732e"
    "cc394b06de9bc9079ad1099a8595bc9adcd5d78820e6e38a85ee6d3f43658bb05bef401849c87b5e"
    "ce25d62a4446f36590e5aa5d0fb326cc7f150d2a8968b8663069e11a0d7ff0bcb3675218cf3fce4c"
    "aaec88a8f55fd23e56c56f9cc663d46ff77ccd88030116879ac4b0e607197278be0ca3080f8f47d5"
    "6c0b003669b7b260c04cda8ef90d582466c615822115572b2d588a841310c21e53c9187dbe61521f"
    "dfd007da04f03f1a186f1a730ee7c53221ad2268f0779b0f7e08149dcf8908e83c1c64bb275e4b72"
    "2b0c49410fdd87275a1b30e35262997a";
static const char pss_sha512[] =
    "27b7d196d0e56d5fbd1ff850e1df9b8bf8c380b28372b95e06ec9222eea0cdac8816012b3a906bc9"
    "8042bb0778921e3201cec95ac8be152e368c462e26400a05b5ddb54b63e20c1cecc7f271c4634a40"
    "75aee497901a7ed4a0725b8eef2bbd6789a744a157d826e77c8c9225c747e3a3280bb6e521e69905"
    "9342c0f923deafbd612d5249f77dcf2c112a6dcd5a8d7ddc9035b54e19733e07289865f43583c01b"
    "35399f3c8154e0390f572ffbb5d4b80b32679a5f0b18e9fd6db1c8b2649a8f29e9ee55b887346721"
    "b6955dfbc79989354b326f82f94585fc1f27bc4c6ceb17df6a67af556c503e663c229eec3f925c4f"
    "7765db1a63bfcd4a7170a4389cd06847";
/* RFC 8032, 7.1, test 1: of the empty message. */
static const char ed_key[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
static const char ed_sig[] =
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
    "d25bf5f0595bbe24655141438e7a100b";
/* clang-format on */

#define ED    "ed25519", "ed25519"
#define EC    "ecdsa", "ecdsa-sha2-nistp256"
#define RSA   "rsa", "rsassa-pss-sha256"
#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"
#define EFFS  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

struct load_case {
    const char *name, *keytype, *scheme, *public_part;
    enum pst_code expect;
};

/* clang-format off */
static const struct load_case load_cases[] = {
    {"ed25519", ED, ed_key, PST_OK},
    {"ecdsa", EC, pem_p256, PST_OK},
    {"ecdsa by its older keytype", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", pem_p256, PST_OK},
    {"ecdsa, compressed point", EC, pem_p256_compressed, PST_OK},
    {"rsa", RSA, pem_rsa_2048, PST_OK},
    {"y = p - 2", ED, "eb" EFFS "7f", PST_OK},
    {"y = 2^254 - 19, the highest byte apart like p", ED, "ed" EFFS "3f", PST_OK},
    {"y just below p is a point like others", ED, "f0" "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" "fe7f", PST_OK},

    {"an unknown scheme", "ed25519", "ed448", ed_key, PST_ALGORITHM_UNKNOWN},
    {"an empty scheme", "ed25519", "", ed_key, PST_ALGORITHM_UNKNOWN},
    {"the older RSA scheme", "rsa", "rsa-pkcs1v15-sha256", pem_rsa_2048, PST_ALGORITHM_UNKNOWN},
    {"a keytype of another scheme", "rsa", "ed25519", ed_key, PST_ALGORITHM_UNKNOWN},
    {"an unknown keytype", "edwards", "ed25519", ed_key, PST_ALGORITHM_UNKNOWN},

    {"31 bytes", ED, "5a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", PST_KEY_MALFORMED},
    {"33 bytes", ED, "00d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", PST_KEY_MALFORMED},
    {"no bytes", ED, "", PST_KEY_MALFORMED},
    {"no hex", ED, "g75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", PST_KEY_MALFORMED},
    {"PEM where hex is due", ED, pem_ed25519, PST_KEY_MALFORMED},
    {"order 4", ED, ZEROS "00", PST_KEY_MALFORMED},
    {"order 4, other sign", ED, ZEROS "80", PST_KEY_MALFORMED},
    {"order 1", ED, "01" ZEROS, PST_KEY_MALFORMED},
    {"order 1, impossible sign", ED, "010000000000000000000000000000000000000000000000000000000000" "0080", PST_KEY_MALFORMED},
    {"order 2", ED, "ec" EFFS "7f", PST_KEY_MALFORMED},
    {"order 2, impossible sign", ED, "ec" EFFS "ff", PST_KEY_MALFORMED},
    {"order 8", ED, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", PST_KEY_MALFORMED},
    {"order 8, other sign", ED, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", PST_KEY_MALFORMED},
    {"order 8, second", ED, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", PST_KEY_MALFORMED},
    {"order 8, second, other sign", ED, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", PST_KEY_MALFORMED},
    {"y = p, which is order 4 again", ED, "ed" EFFS "7f", PST_KEY_MALFORMED},
    {"y = p + 1, which is order 1 again", ED, "ee" EFFS "7f", PST_KEY_MALFORMED},
    {"y = p + 3, a second name", ED, "f0" EFFS "ff", PST_KEY_MALFORMED},

    {"P-384", EC, pem_p384, PST_KEY_MALFORMED},
    {"secp256k1", EC, pem_k256, PST_KEY_MALFORMED},
    {"P-256 with its parameters spelt out", EC, pem_p256_explicit, PST_KEY_MALFORMED},
    {"an RSA key as ecdsa", EC, pem_rsa_2048, PST_KEY_MALFORMED},
    {"an Ed25519 key as ecdsa", EC, pem_ed25519, PST_KEY_MALFORMED},
    {"a bare point in hex", EC, "04" ZEROS ZEROS "0000", PST_KEY_MALFORMED},
    {"an ecdsa key as RSA", RSA, pem_p256, PST_KEY_MALFORMED},
    {"RSA of 1024 bits", RSA, pem_rsa_1024, PST_KEY_MALFORMED},
    {"RSA of 8193 bits", RSA, pem_rsa_8193, PST_KEY_MALFORMED},
    {"RSA with an even modulus", RSA, pem_rsa_even, PST_KEY_MALFORMED},
    {"RSA with an even exponent", RSA, pem_rsa_even_exponent, PST_KEY_MALFORMED},
    {"RSA whose signatures are the messages", RSA, pem_rsa_exponent_1, PST_KEY_MALFORMED},
    {"RSA with a prime modulus", RSA, pem_rsa_prime, PST_KEY_MALFORMED},
    {"RSA with a small factor", RSA, pem_rsa_divisible_by_3, PST_KEY_MALFORMED},
    {"RSA bound to PSS by its own type", RSA, pem_rsa_pss, PST_KEY_MALFORMED},
    {"RSA in PKCS#1", RSA, pem_rsa_pkcs1, PST_KEY_MALFORMED},
    {"no PEM", RSA, "MIIB", PST_KEY_MALFORMED},
    {"nothing", RSA, "", PST_KEY_MALFORMED},
    {"a byte behind the key", EC, pem_p256_and_a_byte, PST_KEY_MALFORMED},
    {"PEM with a header", EC, pem_p256_with_a_header, PST_KEY_MALFORMED},
    {"a private key", EC, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", PST_KEY_MALFORMED},
    {"a certificate", EC, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", PST_KEY_MALFORMED},
    {"PEM of nonsense", EC, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", PST_KEY_MALFORMED},
    {"PEM of nothing", EC, "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", PST_KEY_MALFORMED},
    {"PEM without its end", EC, "-----BEGIN PUBLIC KEY-----\nAAAA\n", PST_KEY_MALFORMED},
};
/* clang-format on */

static enum pst_code load(const char *keytype, const char *scheme, const char *public_part,
                          struct pst_public_key **out, struct pst_report *why)
{
    return pst_public_key_load(pst_text(keytype), pst_text(scheme), pst_text(public_part), out,
                               why);
}

static void each_key_loads_or_is_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(load_cases); i++) {
        const struct load_case *one = &load_cases[i];
        PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
        struct pst_report why = {0};
        enum pst_code got = load(one->keytype, one->scheme, one->public_part, &key, &why);
        if (got != one->expect || (key != NULL) != (got == PST_OK))
            fail_msg("%s gave %s: %s", one->name, pst_code_name(got), why.finding[0].found);
        assert_int_equal(why.count, got != PST_OK);
    }
}

static void nothing_may_stand_before_or_after_a_pem_text(void **state)
{
    static const char *const before[] = {"", " ", "x\n", "", "", ""};
    static const char *const after[] = {"x", "", "", pem_p256, "\n\n-", "\n \t\r\n"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(before); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(4096);
        PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
        assert_true(pst_buf_print(&text, "%s%s%s", before[i], pem_p256, after[i]));
        enum pst_code got = pst_public_key_load(pst_text("ecdsa"), pst_text("ecdsa-sha2-nistp256"),
                                                pst_buf_text(&text), &key, NULL);
        /* Blanks at the end are how editors save files. */
        if (got != (i == PST_COUNT(before) - 1 ? PST_OK : PST_KEY_MALFORMED))
            fail_msg("case %zu gave %s", i, pst_code_name(got));
    }
}

static void a_private_key_in_the_wrong_place_is_not_repeated_in_the_finding(void **state)
{
    struct pst_public_key *key = NULL;
    struct pst_report why = {0};

    (void)state;
    assert_int_equal(
        load(EC, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", &key, &why),
        PST_KEY_MALFORMED);
    assert_string_equal(why.finding[0].found, "PEM of 'PRIVATE KEY'");
}

static struct pst_public_key *loaded(const char *keytype, const char *scheme,
                                     const char *public_part)
{
    struct pst_public_key *key = NULL;
    assert_int_equal(load(keytype, scheme, public_part, &key, NULL), PST_OK);
    return key;
}

static void one_key_has_one_fingerprint_however_it_is_written(void **state)
{
    PST_CLEANUP(pst_public_key) struct pst_public_key *plain = loaded(EC, pem_p256);
    PST_CLEANUP(pst_public_key)
    struct pst_public_key *compressed = loaded(EC, pem_p256_compressed);
    PST_CLEANUP(pst_public_key)
    struct pst_public_key *older = loaded("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", pem_p256);
    PST_CLEANUP(pst_public_key) struct pst_public_key *other = loaded(ED, ed_key);

    (void)state;
    const uint8_t *print = pst_public_key_fingerprint(plain);
    assert_memory_equal(print, pst_public_key_fingerprint(compressed), PST_SHA256_BYTES);
    assert_memory_equal(print, pst_public_key_fingerprint(older), PST_SHA256_BYTES);
    assert_memory_not_equal(print, pst_public_key_fingerprint(other), PST_SHA256_BYTES);
    assert_int_equal(pst_public_key_bits(plain), 256);
}

struct verify_case {
    const char *name, *keytype, *scheme, *public_part, *message, *hex;
    bool holds;
};

static const struct verify_case verify_cases[] = {
    {"ed25519", ED, ed_key, "", ed_sig, true},
    {"ed25519 of another message", ED, ed_key, "x", ed_sig, false},
    {"ecdsa", EC, pem_p256, "hello", p256_sig, true},
    {"ecdsa of another message", EC, pem_p256, "hellO", p256_sig, false},
    {"ecdsa by the compressed key", EC, pem_p256_compressed, "hello", p256_sig, true},
    {"pss, no salt", RSA, pem_rsa_2048, "hello", pss_salt_0, true},
    {"pss, 20 bytes of salt", RSA, pem_rsa_2048, "hello", pss_salt_20, true},
    {"pss, 32 bytes of salt", RSA, pem_rsa_2048, "hello", pss_salt_32, true},
    {"pss, the longest salt", RSA, pem_rsa_2048, "hello", pss_salt_most, true},
    {"pss of another message", RSA, pem_rsa_2048, "Hello", pss_salt_32, false},
    {"pkcs#1 v1.5 by a pss key", RSA, pem_rsa_2048, "hello", pkcs1_sig, false},
    {"pss with sha512", RSA, pem_rsa_2048, "hello", pss_sha512, false},
    {"an ecdsa signature by an ed25519 key", ED, ed_key, "hello", p256_sig, false},
    {"an ed25519 signature by an ecdsa key", EC, pem_p256, "", ed_sig, false},
    {"nothing", EC, pem_p256, "hello", "", false},
    {"no hex", EC, pem_p256, "hello", "zz", false},
    {"half a byte", EC, pem_p256, "hello", "3", false},
};

static void each_signature_holds_or_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(verify_cases); i++) {
        const struct verify_case *one = &verify_cases[i];
        PST_CLEANUP(pst_public_key)
        struct pst_public_key *key = loaded(one->keytype, one->scheme, one->public_part);
        if (pst_public_key_verifies(key, pst_bytes_of(pst_text(one->message)),
                                    pst_text(one->hex)) != one->holds)
            fail_msg("%s", one->name);
    }
}

static void no_length_and_no_flipped_bit_of_a_signature_holds(void **state)
{
    static const struct {
        const char *keytype, *scheme, *public_part, *message, *hex;
    } cases[] = {
        {ED, ed_key, "", ed_sig},
        {EC, pem_p256, "hello", p256_sig},
        {RSA, pem_rsa_2048, "hello", pss_salt_32},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_public_key)
        struct pst_public_key *key =
            loaded(cases[i].keytype, cases[i].scheme, cases[i].public_part);
        struct pst_bytes message = pst_bytes_of(pst_text(cases[i].message));
        char hex[3000];
        uint8_t raw[512];
        size_t len = strlen(cases[i].hex) / 2;

        assert_true(pst_hex_parse(pst_text(cases[i].hex), raw, len));
        for (size_t bit = 0; bit < 8 * len; bit++) {
            raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
            pst_hex_print(pst_bytes(raw, len), hex);
            if (pst_public_key_verifies(key, message, pst_text(hex)))
                fail_msg("%s holds with bit %zu flipped", cases[i].scheme, bit);
            raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        memset(hex, '0', sizeof hex);
        memcpy(hex, cases[i].hex, 2 * len);
        for (size_t cut = 0; cut <= sizeof hex; cut++)
            assert_int_equal(pst_public_key_verifies(key, message, (struct pst_text){hex, cut}),
                             cut == 2 * len);
    }
}

static void a_pem_text_has_a_ceiling(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(16384);
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
    struct pst_report why = {0};

    (void)state;
    assert_true(pst_buf_print(&text, "%s%8192s", pem_p256, ""));
    struct pst_text most = {(const char *)text.at, 8192}, more = {(const char *)text.at, 8193};
    assert_int_equal(
        pst_public_key_load(pst_text("ecdsa"), pst_text("ecdsa-sha2-nistp256"), more, &key, &why),
        PST_KEY_MALFORMED);
    assert_string_equal(why.finding[0].expected, "PEM of at most 8192 bytes");
    assert_int_equal(
        pst_public_key_load(pst_text("ecdsa"), pst_text("ecdsa-sha2-nistp256"), most, &key, &why),
        PST_OK);
}

/* The library does not look whether an Ed25519 key is on its curve until it verifies. Such a key
 * has no private half: it loads, and nothing is ever signed by it. */
static void a_key_that_is_off_its_curve_verifies_nothing(void **state)
{
    PST_CLEANUP(pst_public_key)
    struct pst_public_key *key = loaded(ED, "02" ZEROS);
    char hex[129];

    (void)state;
    for (int digit = '0'; digit <= '9'; digit++) {
        memset(hex, digit, sizeof hex - 1);
        hex[sizeof hex - 1] = '\0';
        assert_false(pst_public_key_verifies(key, pst_bytes(NULL, 0), pst_text(hex)));
    }
    assert_false(pst_public_key_verifies(key, pst_bytes(NULL, 0), pst_text(ed_sig)));
}

static void a_key_object_beyond_its_ceiling_has_no_keyid(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(1 << 20);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_report why = {0};
    char keyid[65] = "untouched";

    (void)state;
    assert_true(pst_buf_print(&text, "{\"a\":\"%65536s\"}", ""));
    assert_int_equal(pst_json_parse(pst_buf_bytes(&text), &pst_json_large, &json, NULL), PST_OK);
    assert_int_equal(pst_keyid_of(json, keyid, &why), PST_TOO_LARGE);
    assert_string_equal(keyid, "untouched");
}

static void a_signature_has_one_spelling(void **state)
{
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = loaded(EC, pem_p256);
    char hex[256];
    size_t len = strlen(p256_sig);

    (void)state;
    for (size_t i = 0; i <= len; i++)
        hex[i] = (char)(p256_sig[i] >= 'a' ? p256_sig[i] - 'a' + 'A' : p256_sig[i]);
    assert_true(pst_public_key_verifies(key, pst_bytes("hello", 5), pst_text(p256_sig)));
    assert_false(pst_public_key_verifies(key, pst_bytes("hello", 5), pst_text(hex)));
}

/* The value is from Python's hashlib and json (sorted names, no blanks). */
static void a_keyid_is_the_digest_of_the_canonical_key_object(void **state)
{
    static const char *const same[] = {
        "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":"
        "\"edcd0a32a07dce33f7c7873aaffbff36d20ea30787574ead335eefd337e4dacd\"},"
        "\"scheme\":\"ed25519\"}",
        " { \"scheme\": \"ed25519\", \"keyval\": { \"public\":\n"
        "\"edcd0a32a07dce33f7c7873aaffbff36d20ea30787574ead335eefd337e4dacd\" },"
        "\"keytype\": \"\\u0065d25519\" }",
    };
    char keyid[65];

    (void)state;
    for (size_t i = 0; i < PST_COUNT(same); i++) {
        PST_CLEANUP(pst_json) struct pst_json *json = NULL;
        assert_int_equal(
            pst_json_parse(pst_bytes_of(pst_text(same[i])), &pst_json_small, &json, NULL), PST_OK);
        assert_int_equal(pst_keyid_of(json, keyid, NULL), PST_OK);
        assert_string_equal(keyid,
                            "2345a90ad8d76f3677f9ad6695b0ba0b5c7b7fbf27fb0ed35fbdf7b71264a679");
    }
}

static void each_scheme_in_the_list_is_known_to_loading(void **state)
{
    size_t count = 0;

    (void)state;
    for (const char *const *scheme = pst_schemes(); *scheme != NULL; scheme++, count++) {
        struct pst_public_key *key = NULL;
        struct pst_report why = {0};
        assert_int_equal(load("none", *scheme, "", &key, &why), PST_ALGORITHM_UNKNOWN);
        /* It is the keytype that is told, so the scheme was found. */
        assert_non_null(strstr(why.finding[0].expected, *scheme));
        assert_string_equal(why.finding[0].found, "none");
    }
    assert_int_equal(count, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_loads_or_is_refused_with_its_reason),
        cmocka_unit_test(nothing_may_stand_before_or_after_a_pem_text),
        cmocka_unit_test(a_private_key_in_the_wrong_place_is_not_repeated_in_the_finding),
        cmocka_unit_test(one_key_has_one_fingerprint_however_it_is_written),
        cmocka_unit_test(each_signature_holds_or_does_not),
        cmocka_unit_test(no_length_and_no_flipped_bit_of_a_signature_holds),
        cmocka_unit_test(a_signature_has_one_spelling),
        cmocka_unit_test(a_pem_text_has_a_ceiling),
        cmocka_unit_test(a_key_that_is_off_its_curve_verifies_nothing),
        cmocka_unit_test(a_key_object_beyond_its_ceiling_has_no_keyid),
        cmocka_unit_test(a_keyid_is_the_digest_of_the_canonical_key_object),
        cmocka_unit_test(each_scheme_in_the_list_is_known_to_loading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
