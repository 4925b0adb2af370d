/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration is taken whole and within its bounds, or not at all. */
#include "manifests/config.h"

#include "tests/support/fuzz_property.h"

enum { PORT_MOST = 65535, URLS_MOST = 3, NAME_MOST = 20 };

struct taken {
    char name[PST_CONFIG_TEXT_ROOM];
    struct pst_config_list urls;
    int64_t port;
    bool loud;
};

static const struct pst_setting settings[] = {
    {"name", PST_SETTING_TEXT, offsetof(struct taken, name), 1, NAME_MOST, "a", "", "a text"},
    {"urls", PST_SETTING_TEXTS, offsetof(struct taken, urls), 1, URLS_MOST, "b", "", "some texts"},
    {"net.port", PST_SETTING_INTEGER, offsetof(struct taken, port), 0, PORT_MOST, "1", "",
     "a port"},
    {"net.loud", PST_SETTING_BOOL, offsetof(struct taken, loud), 0, 1, "false", "", "a choice"},
};

static void hold_bounds(const struct taken *taken)
{
    size_t len = strlen(taken->name);
    pst_fuzz_hold(len >= 1 && len <= NAME_MOST, "a text is as long as it may be");
    pst_fuzz_hold(taken->urls.count >= 1 && taken->urls.count <= URLS_MOST,
                  "a list is as long as it may be");
    pst_fuzz_hold(taken->port >= 0 && taken->port <= PORT_MOST, "a number is within its bounds");
}

/* libconfig 1.5 loses the text that it was in when the syntax breaks: once a file, at the start of
 * a program, and nothing that we could free. Our own leaks are the unit tests' to find. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(1 << 16);
    struct taken taken = {0};
    struct pst_report why = {0};

    if (!pst_buf_add(&text, at, len) || !pst_buf_add(&text, "", 1))
        return 0;
    enum pst_code code = pst_config_parse((const char *)text.at, "fuzz", settings,
                                          PST_COUNT(settings), &taken, sizeof taken, &why);
    pst_fuzz_verdict(code, taken.name[0] != '\0', &why);
    if (code == PST_OK)
        hold_bounds(&taken);
    return 0;
}
