/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_products.c - products and their releases.
 */
#include <stdio.h>

#include "service/api/call.h"
#include "service/api/url.h"
#include "service/api/views.h"

enum { PRODUCTS_MOST = 512 };

struct product {
    char name[PST_NAME_ROOM];
    int64_t releases, terminals;
};

struct products {
    size_t count;
    struct product product[PRODUCTS_MOST];
};

/* NULL when there is no room for another. */
static struct product *product_named(struct products *products, const char *name)
{
    for (size_t i = 0; i < products->count; i++)
        if (strcmp(products->product[i].name, name) == 0)
            return &products->product[i];
    if (products->count == PRODUCTS_MOST)
        return NULL;
    struct product *fresh = &products->product[products->count++];
    *fresh = (struct product){0};
    snprintf(fresh->name, sizeof fresh->name, "%s", name);
    return fresh;
}

static bool add_release(void *context, const void *row)
{
    struct product *product =
        product_named(context, ((const struct pst_release_row *)row)->product);
    if (product != NULL)
        product->releases++;
    return true;
}

static bool add_terminals(void *context, const void *row)
{
    const struct pst_count_row *count = row;
    struct product *product = product_named(context, count->key);
    if (product != NULL)
        product->terminals += count->count;
    return true;
}

void pst_handle_products(struct pst_call *call)
{
    struct products products = {.count = 0};
    struct pst_response response;

    enum pst_code code = pst_url_query(call->request->query, NULL, 0, &call->why);
    if (code == PST_OK)
        code = call->reader->ops->releases(call->reader, NULL, add_release, &products, &call->why);
    if (code == PST_OK)
        code = call->reader->ops->products(call->reader, add_terminals, &products, &call->why);
    if (code != PST_OK) {
        pst_call_problem(call);
        return;
    }
    struct pst_json_out json = pst_response_json(&response, 200);
    pst_out_open(&json, NULL, '{');
    pst_out_open(&json, "products", '[');
    for (size_t i = 0; i < products.count; i++) {
        pst_out_open(&json, NULL, '{');
        pst_out_string(&json, "name", products.product[i].name);
        pst_out_integer(&json, "releases", products.product[i].releases);
        pst_out_integer(&json, "terminals", products.product[i].terminals);
        pst_out_close(&json, '}');
    }
    pst_out_close(&json, ']');
    pst_out_close(&json, '}');
    pst_call_end_json(call, &response, &json);
}

static bool view_release(void *context, const void *row)
{
    struct pst_json_out *json = context;
    pst_view_release(json, row);
    return !json->failed;
}

void pst_handle_releases(struct pst_call *call)
{
    pst_call_list(call, "releases", call->reader->ops->releases, view_release);
}
