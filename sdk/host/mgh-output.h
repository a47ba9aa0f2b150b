/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-output.h: how the report room makes the MgOutput and MgDelivery that formats and transports are given. Host side: for the daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

typedef struct {
    gsize       struct_size;
    void        (*part) (gpointer owner, const char *name, const char *content_type);
    gboolean    (*write) (gpointer owner, const void *bytes, gsize len, GError **error); /* the first failure is kept by the output */
} MghOutputOps;

typedef struct {
    gsize            struct_size;
    const MghOutputOps *ops;
    gpointer         owner;
    const char      *report;
    gint64           created_ms;
    GTimeZone       *zone;          /* NULL: UTC */
    const MgMeter *const *meters;   /* all that may come */
    guint            n_meters;
    const MgSelector *selector;     /* NULL: all */
} MghOutputInfo;

MgOutput     *mgh_output_new (const MghOutputInfo *info);       /* full */
void          mgh_output_free (MgOutput *out);
gboolean      mgh_output_flush (MgOutput *out, GError **error); /* what is buffered goes out; FALSE: the first failure */

typedef struct {
    gsize         struct_size;
    const char   *name, *path, *content_type, *identity, *report;
    GBytes       *bytes;            /* instead of path */
    guint         attempt;
    const MgMeter *meter;
} MghDeliveryInfo;

MgDelivery   *mgh_delivery_new (const MghDeliveryInfo *info, GError **error); /* full */
void          mgh_delivery_free (MgDelivery *d);
guint32       mgh_delivery_get_verdict (MgDelivery *d, gint64 *retry_after_us);

G_END_DECLS
