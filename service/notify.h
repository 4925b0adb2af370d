/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify.h - tells a service manager how far we are: one datagram to $NOTIFY_SOCKET, when it is
 * set.
 *
 * Source   sd_notify(3), "Notes": the protocol is stable and may be spoken without the library.
 */
#ifndef PST_SERVICE_NOTIFY_H
#define PST_SERVICE_NOTIFY_H

/* "READY=1", "STOPPING=1". Does nothing where nobody listens. */
void pst_notify(const char *state);

#endif
