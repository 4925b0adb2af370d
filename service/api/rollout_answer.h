/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout_answer.h - internal to api/: a rollout as the answer to a change of it.
 */
#ifndef PST_SERVICE_API_ROLLOUT_ANSWER_H
#define PST_SERVICE_API_ROLLOUT_ANSWER_H

#include <inttypes.h>

#include "service/api/call.h"

#define PST_ROLLOUT_ETAG "\"%" PRId64 "\""

void pst_rollout_answer(const struct pst_work *work, const struct pst_rollout_row *row, int status,
                        struct pst_response *response);

#endif
