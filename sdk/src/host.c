/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host.c: MgHost: what an instance asks of the gateway, handed to the daemon's table or to a harmless default. */
#include <host/mgh-host.h>

struct _MgHost {
    char *name;
    MghClock *clock;
    MghHostOps ops;
    gpointer owner;
};

MgHost *mgh_host_new (const char *name, MghClock *clock, const MghHostOps *ops, gpointer owner)
{
    MgHost *host = g_new0 (MgHost, 1);

    host->name = g_strdup (name);
    host->clock = mgh_clock_ref (clock != NULL ? clock : mgh_clock_real ());
    if (ops != NULL)
        memcpy (&host->ops, ops, MIN (ops->struct_size, sizeof host->ops));
    host->owner = owner;
    return host;
}

void mgh_host_free (MgHost *host)
{
    if (host == NULL)
        return;
    mgh_clock_unref (host->clock);
    g_free (host->name);
    g_free (host);
}

MghClock *mgh_host_get_clock (MgHost *host)
{
    return host->clock;
}

const char *mg_host_get_name (MgHost *host)
{
    return host->name;
}

const char *mg_host_get_fact (MgHost *host, const char *fact)
{
    return host->ops.get_fact == NULL ? NULL : host->ops.get_fact (host->owner, fact);
}

void mg_host_log (MgHost *host, GLogLevelFlags level, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    g_autofree char *text = g_strdup_vprintf (fmt, args);
    va_end (args);
    /* A plugin reports; it never ends the daemon. */
    level &= G_LOG_LEVEL_MASK & ~G_LOG_LEVEL_ERROR;
    if (level == 0)
        level = G_LOG_LEVEL_CRITICAL;
    if (host->ops.log != NULL)
        host->ops.log (host->owner, level, text);
    else
        g_log ("metergate", level, "%s: %s", host->name, text);
}

gint64 mg_host_now_ms (MgHost *host)
{
    return mgh_clock_now_ms (host->clock);
}

gint64 mg_host_mono_us (MgHost *host)
{
    return mgh_clock_mono_us (host->clock);
}

void mg_host_count (MgHost *host, const char *counter, gint64 add)
{
    if (host->ops.count != NULL)
        host->ops.count (host->owner, counter, add);
}

void mg_host_raise (MgHost *host, const char *code, guint32 meter, const char *key, ...)
{
    g_autoptr (GPtrArray) params = g_ptr_array_new ();
    va_list args;

    va_start (args, key);
    for (const char *name = va_arg (args, const char *); name != NULL; name = va_arg (args, const char *)) {
        const char *value = va_arg (args, const char *);

        if (value == NULL) {
            g_critical ("%s: event %s: parameter %s has no value", host->name, code, name);
            break;
        }
        g_ptr_array_add (params, (gpointer) name);
        g_ptr_array_add (params, (gpointer) value);
    }
    va_end (args);
    g_ptr_array_add (params, NULL);
    if (host->ops.raise != NULL)
        host->ops.raise (host->owner, code, meter, key, (const char *const *) params->pdata);
}

void mg_host_put_state (MgHost *host, const char *key, GBytes *value)
{
    if (host->ops.put_state != NULL)
        host->ops.put_state (host->owner, key, value);
}

GBytes *mg_host_get_state (MgHost *host, const char *key)
{
    return host->ops.get_state == NULL ? NULL : host->ops.get_state (host->owner, key);
}

gboolean mg_host_allot (MgHost *host, const char *space, const char *key, guint32 low, guint32 high, guint32 width,
                        guint32 wish, guint32 *first, GError **error)
{
    if (host->ops.allot != NULL)
        return host->ops.allot (host->owner, space, key, low, high, width, wish, first, error);
    g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "%s: this host keeps no numbers for \"%s\"", host->name, space);
    return FALSE;
}

void mg_host_release (MgHost *host, const char *space, const char *key)
{
    if (host->ops.release != NULL)
        host->ops.release (host->owner, space, key);
}
