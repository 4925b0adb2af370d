/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_scene.h - a terminal, its service and a signed repository on two mirrors, all in memory.
 *
 *     struct agent_scene *scene = agent_scene(IMAGE_BYTES); // runs 5.1.0; 5.2.0 is ordered
 *     scene->service.assignment.nonce = ...                   // spoil something
 *     agent_scene_publish(scene);                             // after a change of repo or release
 *     pst_agent_once(&scene->agent, false, &cycle, &why);
 *
 * Nothing of the agent is replaced: the ports are fakes (fake_ports.h), the keys and signatures
 * are real.
 *
 * Units    the service's clock and the terminal's both say PST_REPO_NOW.
 * Memory   agent_scene_free().
 * Errors   a scene that cannot be set up ends the test.
 */
#ifndef PST_TESTS_AGENT_SCENE_H
#define PST_TESTS_AGENT_SCENE_H

#include "agent/cycle/agent.h"
#include "tests/support/fake_ports.h"
#include "tests/support/repo_builder.h"

enum { AGENT_SCENE_REPORTS = 128 };

/* A service that believes everybody and remembers what it was told. */
struct agent_scene_service {
    int64_t now_s;
    bool has_order;
    struct pst_assignment assignment; /* members that are set replace the right ones */
    const struct pst_repo_key *signer;
    const char *challenge;
    /* What is done to the signed assignment on its way; NULL: nothing. */
    void (*rewrite)(void *context, struct pst_buf *envelope);
    void *rewrite_context;
    size_t checkins;
    struct pst_facts facts; /* as sent with the last check-in */
    size_t report_count, repeated;
    struct pst_terminal_report *report; /* each number once */
    /* Instead of taking reports: this status, with this problem document; 0: take them. */
    int refuse_reports;
    const char *problem;
};

struct agent_scene {
    struct pst_fake_power power;
    struct pst_fake_clock clock;
    struct pst_fake_net net;
    struct pst_fake_slots slots;
    struct pst_fake_boot boot;
    struct pst_fake_documents state, metadata;
    struct pst_fake_terminal terminal;
    struct pst_ports ports;
    struct pst_agent agent;
    struct agent_scene_service service;

    struct pst_private_key *key; /* the terminal's */
    struct pst_repo *repo;
    struct pst_repo_key product_key, assignments_key, stranger;
    struct pst_repo_role *product;

    struct pst_buf base, image;
    struct pst_release release;  /* 5.2.0 */
    struct pst_source source[2]; /* the full one, the delta */
    struct pst_buf content[2], list[2], manifest;
    /* What is done to the manifest before it is listed; NULL: nothing. */
    void (*edit)(void *context, struct pst_buf *manifest);
    void *edit_context;
};

struct agent_scene *agent_scene(size_t image_bytes);
void agent_scene_free(struct agent_scene *scene);
static inline void agent_scene_cleanup(struct agent_scene **scene)
{
    agent_scene_free(*scene);
}

/* Prints the manifest, signs all roles and serves everything from both mirrors. */
void agent_scene_publish(struct agent_scene *scene);
/* The same, with the next version of targets, snapshot and timestamp. */
void agent_scene_publish_next(struct agent_scene *scene);
/* The same in two steps, for who signs the roles in between: puts the manifest into the product's
 * role; serves all files as they stand. */
void agent_scene_list(struct agent_scene *scene);
void agent_scene_serve(struct agent_scene *scene);
/* The product's role is signed by this key, and targets says so. */
void agent_scene_sign_product_with(struct agent_scene *scene, const struct pst_repo_key *key);

/* One cycle; what would have ended it early fails the test. */
void agent_scene_once(struct agent_scene *scene, struct pst_cycle *cycle);
/* The terminal restarts: the boot loader chooses, and the slots follow. */
void agent_scene_restart(struct agent_scene *scene);
/* After a cut: what was not synced is lost, `left` more changes will succeed (< 0: all), and it
 * restarts. */
void agent_scene_power_on(struct agent_scene *scene, int64_t left);

bool agent_scene_slot_holds(const struct agent_scene *scene, int slot,
                            const struct pst_buf *content);
/* All findings as text, in static storage. */
const char *agent_scene_explain(const struct pst_report *why);
bool agent_scene_noted(const struct pst_report *why,
                       enum pst_code code); /* there, and only noted */

#endif
