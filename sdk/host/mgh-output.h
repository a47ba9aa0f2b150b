/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mgh-output.h: how the report room makes the MgOutput and MgDelivery that formats and transports are given. Host side:
 * for the daemon and for tests, not installed, no ABI promise.
 */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* Where the bytes go; called on the format's thread, in order. */
typedef struct {
    gsize struct_size;
    /* A new part begins; the one before is complete, or nothing was written to it. NULL: named parts are an error. */
    void (*part) (gpointer owner, const char *name, const char *content_type);
    /* FALSE with an error: kept by the output, which calls no more. */
    gboolean (*write) (gpointer owner, const void *bytes, gsize len, GError **error);
} MghOutputOps;

/* Strings are copied, the zone is referenced; meters, selector and owner must outlive the output. */
typedef struct {
    gsize struct_size;
    const MghOutputOps *ops;
    gpointer owner;
    const char *report;
    gint64 created_ms;
    GTimeZone *zone;              /* NULL: UTC */
    const MgMeter *const *meters; /* all that may come */
    guint n_meters;
    const MgSelector *selector; /* NULL: all */
} MghOutputInfo;

MgOutput *mgh_output_new (const MghOutputInfo *info); /* full */
void mgh_output_free (MgOutput *out);                 /* what is still buffered is dropped */

/* Writes out what is buffered; FALSE with the first failure of the whole run. */
gboolean mgh_output_flush (MgOutput *out, GError **error);

/* Strings are copied. */
typedef struct {
    gsize struct_size;
    const char *name, *path, *content_type, *identity, *report;
    GBytes *bytes; /* instead of path */
    guint attempt;
    const MgMeter *meter;
} MghDeliveryInfo;

MgDelivery *mgh_delivery_new (const MghDeliveryInfo *info, GError **error); /* full; NULL: the file cannot be read */
void mgh_delivery_free (MgDelivery *d);

/* What the transport said; 0: nothing. */
guint32 mgh_delivery_get_verdict (MgDelivery *d, gint64 *retry_after_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgOutput, mgh_output_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgDelivery, mgh_delivery_free)

G_END_DECLS
