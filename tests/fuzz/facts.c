/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal says of itself prints as it was said. */
#include "manifests/facts.h"

#include "tests/support/fuzz_property.h"

enum { FACTS_MOST = 1 << 18 };

static struct pst_json *print_again(const struct pst_facts *facts)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(FACTS_MOST);
    struct pst_json_out out = pst_json_out(&text);
    struct pst_json *json = NULL;

    pst_facts_print(facts, &out, NULL);
    pst_fuzz_hold(pst_json_out_is_whole(&out), "what is read prints");
    pst_fuzz_hold(pst_json_parse(pst_buf_bytes(&text), &pst_json_large, &json, NULL) == PST_OK,
                  "what is printed is JSON");
    return json;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_facts facts = {0}, again = {0};
    struct pst_report why = {0};

    if (pst_json_parse(pst_bytes(at, len), &pst_json_small, &json, NULL) != PST_OK)
        return 0;
    enum pst_code code = pst_facts_parse(json, &facts, &why);
    pst_fuzz_verdict(code, facts.serial[0] != '\0', &why);
    if (code != PST_OK)
        return 0;
    PST_CLEANUP(pst_json) struct pst_json *printed = print_again(&facts);
    pst_fuzz_hold(pst_fuzz_same_document(json, printed), "printing loses nothing and adds nothing");
    pst_fuzz_hold(pst_facts_parse(printed, &again, NULL) == PST_OK, "what is printed reads again");
    return 0;
}
