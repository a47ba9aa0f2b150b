/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-output.h: outputs: a format makes bytes, a transport delivers them. */
#pragma once

#include <metergate/mg-model.h>

G_BEGIN_DECLS

/* Writes go into the open part and return nothing: the first failure is kept, later ones do nothing, the run ends. */
void        mg_output_part   (MgOutput *out, const char *name, const char *content_type); /* a new one; begin () finds one open */
void        mg_output_write  (MgOutput *out, const void *bytes, gsize len);
void        mg_output_puts   (MgOutput *out, const char *text);
void        mg_output_printf (MgOutput *out, const char *fmt, ...) G_GNUC_PRINTF (2, 3);     /* C locale */
void        mg_output_time   (MgOutput *out, gint64 utc_ms, const char *fmt); /* as g_date_time_format, in the report's zone */
const char *mg_output_get_report (MgOutput *out); gint64 mg_output_get_created_ms (MgOutput *out); /* frozen: a format's only clock */
guint       mg_output_get_meters (MgOutput *out, const MgMeter *const **meters); /* all that may come, for headers */
gboolean    mg_output_selects (MgOutput *out, const MgMeter *meter, const MgPoint *point);
typedef struct {
    gsize    struct_size; guint32 flags, reserved; MgTable settings;
    const char *content_type, *extension; /* of the part that begin () finds open */
    gpointer (*create)  (MgHost *host, const MgConfig *config, GError **error); void (*destroy) (gpointer self); /* one a report */
    gboolean (*begin)   (gpointer self, MgOutput *out, MgCall *call, GError **error); /* a new run; forget an unfinished one */
    gboolean (*item)    (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error);
    gboolean (*end)     (gpointer self, MgOutput *out, MgCall *call, GError **error);
} MgFormatOps;
typedef enum { MG_VERDICT_DELIVERED = 1, MG_VERDICT_AGAIN = 2, MG_VERDICT_NEVER = 3 } MgVerdict;
GInputStream  *mg_delivery_get_stream (MgDelivery *d); /* the frozen bytes, seekable, from the start in each attempt */
guint64        mg_delivery_get_size (MgDelivery *d);     const char *mg_delivery_get_path (MgDelivery *d); /* NULL: in memory */
const char    *mg_delivery_get_name (MgDelivery *d);     const char *mg_delivery_get_content_type (MgDelivery *d);
const char    *mg_delivery_get_identity (MgDelivery *d); /* equal in all attempts, so that a receiver can drop repeats */
const char    *mg_delivery_get_report (MgDelivery *d);   guint mg_delivery_get_attempt (MgDelivery *d);
const MgMeter *mg_delivery_get_meter (MgDelivery *d);    /* of a message for one meter, else NULL */
void           mg_delivery_set_verdict (MgDelivery *d, guint32 verdict, gint64 retry_after_us /* 0: the host's back-off */);
typedef struct {
    gsize    struct_size; guint32 flags, reserved; MgTable settings;
    gpointer (*create)  (MgHost *host, const MgConfig *config, GError **error); void (*destroy) (gpointer self);
    gboolean (*open)    (gpointer self, MgCall *call, GError **error); /* connect, log in; alone: the Test button's first half */
    void     (*close)   (gpointer self, MgCall *call);
    /* TRUE only once the receiver said yes. FALSE: again, unless the verdict is NEVER; the error is the reason. */
    gboolean (*deliver) (gpointer self, MgDelivery *delivery, MgCall *call, GError **error);
} MgTransportOps;

G_END_DECLS
