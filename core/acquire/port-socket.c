/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port-socket.c: names, addresses, waiting on a socket: what TCP and UDP ports share. */
#include "port-socket.h"

typedef struct {
    GMainContext *context;
    GCancellable *stop;
    GList *found;
    GError *error;
    gboolean done, late;
} Lookup;

gboolean port_split (const char *host_port, char **host, guint16 *port, GError **error)
{
    g_autoptr (GError) why = NULL;
    GSocketConnectable *parsed = g_network_address_parse (host_port, 0, &why);

    if (parsed == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "\"%s\": expected host:port", host_port);
        return FALSE;
    }
    *host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (parsed)));
    *port = g_network_address_get_port (G_NETWORK_ADDRESS (parsed));
    g_object_unref (parsed);
    return TRUE;
}

char *port_address_text (GSocketAddress *address)
{
    GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);
    GInetAddress *ip = g_inet_socket_address_get_address (inet);
    g_autofree char *text = g_inet_address_to_string (ip);

    return g_strdup_printf (g_inet_address_get_family (ip) == G_SOCKET_FAMILY_IPV6 ? "[%s]:%u" : "%s:%u", text,
                            g_inet_socket_address_get_port (inet));
}

gint port_wait (int fd, short events, gint64 until_us, GCancellable *cancellable, GError **error)
{
    short happened;

    if (!mgh_clock_poll (mgh_clock_real (), fd, events, until_us, cancellable, &happened, error))
        return -1;
    return happened != 0;
}

static void lookup_done (GObject *resolver, GAsyncResult *result, gpointer data)
{
    Lookup *lookup = data;

    lookup->found = g_resolver_lookup_by_name_finish (G_RESOLVER (resolver), result, &lookup->error);
    lookup->done = TRUE;
}

static gboolean lookup_late (gpointer data)
{
    Lookup *lookup = data;

    lookup->late = TRUE;
    g_cancellable_cancel (lookup->stop);
    return G_SOURCE_REMOVE;
}

static void lookup_cancel (GCancellable *cancellable G_GNUC_UNUSED, gpointer stop)
{
    g_cancellable_cancel (stop);
}

/* A name server that does not answer keeps a thread of GLib's busy, never the line's. */
static GList *port_lookup (const char *host, gint64 until_us, GCancellable *cancellable, GError **error)
{
    Lookup lookup = { .context = g_main_context_new (), .stop = g_cancellable_new () };
    g_autoptr (GResolver) resolver = g_resolver_get_default ();
    gint64 left_us = until_us == G_MAXINT64 ? G_USEC_PER_SEC * 60 : until_us - g_get_monotonic_time ();
    g_autoptr (GSource) timer = g_timeout_source_new ((guint) CLAMP (left_us / 1000, 1, 600000));
    gulong by = 0;

    g_main_context_push_thread_default (lookup.context);
    g_source_set_callback (timer, lookup_late, &lookup, NULL);
    g_source_attach (timer, lookup.context);
    if (cancellable != NULL)
        by = g_cancellable_connect (cancellable, G_CALLBACK (lookup_cancel), lookup.stop, NULL);
    g_resolver_lookup_by_name_async (resolver, host, lookup.stop, lookup_done, &lookup);
    while (!lookup.done)
        g_main_context_iteration (lookup.context, TRUE);
    if (by != 0)
        g_cancellable_disconnect (cancellable, by);
    g_source_destroy (timer);
    g_main_context_pop_thread_default (lookup.context);
    g_main_context_unref (lookup.context);
    g_object_unref (lookup.stop);
    if (lookup.error == NULL)
        return lookup.found;
    if (g_cancellable_is_cancelled (cancellable) && !lookup.late)
        g_propagate_error (error, g_steal_pointer (&lookup.error));
    else
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "name %s: %s", host,
                     lookup.late ? "no answer from the name server in time" : lookup.error->message);
    g_clear_error (&lookup.error);
    return NULL;
}

GList *port_resolve (const char *host_port, gint64 until_us, GCancellable *cancellable, GError **error)
{
    g_autofree char *host = NULL;
    guint16 port;
    GSocketAddress *literal;
    GList *found;

    if (!port_split (host_port, &host, &port, error))
        return NULL;
    literal = g_inet_socket_address_new_from_string (host, port);
    if (literal != NULL)
        return g_list_prepend (NULL, literal);
    found = port_lookup (host, until_us, cancellable, error);
    for (GList *at = found; at != NULL; at = at->next) {
        GInetAddress *ip = at->data;

        at->data = g_inet_socket_address_new (ip, port);
        g_object_unref (ip);
    }
    return found;
}
