/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * server.c: Modbus TCP connections, each a GSocket with a GSource on the service's context. What a client sends is
 * answered in order, from the registers of one moment; who does not read its answers is not read any more, and closed
 * when its time is over.
 */
#include <metergate.h>

#include "server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define IN_SIZE  2048
#define OUT_SIZE 8192
#define SWEEP_US G_USEC_PER_SEC

typedef struct {
    ModbusServer *server;
    GSocket *socket;
    GSource *source;
    GIOCondition waits_for;
    GList *link;      /* in the server's queue */
    gint64 asked_us;  /* when the last request was answered, or it came */
    gint64 begun_us;  /* when an incomplete request began; 0: none */
    gboolean closing; /* the client sends no more: what is left of the answers goes out */
    gsize n_in, n_out;
    guint8 in[IN_SIZE], out[OUT_SIZE];
} Connection;

struct _ModbusServer {
    MgService *service;
    MgHost *host;
    ModbusImage *image;
    ModbusServerSettings settings;
    GSocket *socket;
    GSource *source;
    GQueue connections; /* Connection, oldest first */
    guint sweeper;
    guint paused; /* the timer after which it accepts again */
};

static gboolean on_connection (GSocket *socket, GIOCondition condition, gpointer data);

static void connection_close (Connection *connection)
{
    if (connection->source != NULL) {
        g_source_destroy (connection->source);
        g_source_unref (connection->source);
    }
    g_queue_delete_link (&connection->server->connections, connection->link);
    g_socket_close (connection->socket, NULL);
    g_object_unref (connection->socket);
    g_free (connection);
}

static void connection_wait_for (Connection *connection, GIOCondition condition)
{
    if (connection->waits_for == condition)
        return;
    if (connection->source != NULL) {
        g_source_destroy (connection->source);
        g_source_unref (connection->source);
    }
    connection->waits_for = condition;
    connection->source = g_socket_create_source (connection->socket, condition, NULL);
    g_source_set_callback (connection->source, G_SOURCE_FUNC (on_connection), connection, NULL);
    g_source_attach (connection->source, g_main_context_get_thread_default ());
}

/* Answers one whole frame behind what waits to be sent. */
static void connection_answer (Connection *connection, const guint8 *adu, gsize len)
{
    ModbusServer *server = connection->server;
    guint8 unit = adu[MODBUS_HEADER_SIZE - 1], *out = connection->out + connection->n_out;
    ModbusSource source = {
        .registers = modbus_image_get (server->image, unit),
        .objects = { "Metergate", "metergate", mg_host_get_fact (server->host, "version"), "", server->settings.product,
                     "Standard", "Modbus TCP Gateway" },
        .strict = server->settings.strict,
    };

    if (source.objects[2] == NULL)
        source.objects[2] = "";
    if (unit == 0 && server->settings.multi_slave)
        return; /* a broadcast is never answered */
    gsize n = modbus_answer (&source, adu + MODBUS_HEADER_SIZE, len - MODBUS_HEADER_SIZE, out + MODBUS_HEADER_SIZE);
    memcpy (out, adu, 4); /* transaction and protocol */
    out[4] = (guint8) ((n + 1) >> 8);
    out[5] = (guint8) (n + 1);
    out[6] = unit;
    connection->n_out += MODBUS_HEADER_SIZE + n;
}

/* Answers what is there and has room. FALSE: this is not Modbus. */
static gboolean connection_answer_all (Connection *connection)
{
    gint64 now_us = mg_host_mono_us (connection->server->host);
    gsize at = 0;

    while (connection->n_out + MODBUS_ADU_MAX <= OUT_SIZE) {
        gssize size = modbus_adu_size (connection->in + at, connection->n_in - at);
        if (size < 0)
            return FALSE;
        if (size == 0 || (gsize) size > connection->n_in - at)
            break;
        connection_answer (connection, connection->in + at, (gsize) size);
        at += (gsize) size;
    }
    if (at > 0) {
        memmove (connection->in, connection->in + at, connection->n_in - at);
        connection->n_in -= at;
        connection->asked_us = now_us;
        connection->begun_us = 0;
    }
    if (connection->n_in > 0 && connection->begun_us == 0)
        connection->begun_us = now_us;
    return TRUE;
}

/* FALSE: the connection is lost. */
static gboolean connection_send (Connection *connection)
{
    g_autoptr (GError) error = NULL;

    if (connection->n_out == 0)
        return TRUE;
    gssize n = g_socket_send (connection->socket, (const char *) connection->out, connection->n_out, NULL, &error);
    if (n < 0)
        return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    memmove (connection->out, connection->out + n, connection->n_out - (gsize) n);
    connection->n_out -= (gsize) n;
    return TRUE;
}

/* FALSE: the connection is lost. */
static gboolean connection_receive (Connection *connection)
{
    g_autoptr (GError) error = NULL;
    gssize n = g_socket_receive (connection->socket, (char *) connection->in + connection->n_in,
                                 IN_SIZE - connection->n_in, NULL, &error);

    if (n < 0)
        return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    if (n == 0)
        connection->closing = TRUE;
    connection->n_in += (gsize) n;
    return TRUE;
}

/* Answers and sends until there is nothing to answer, or the client does not take it. */
static gboolean connection_work (Connection *connection)
{
    gsize before;

    do {
        before = connection->n_in;
        if (!connection_answer_all (connection) || !connection_send (connection))
            return FALSE;
    } while (connection->n_out == 0 && connection->n_in < before);
    if (connection->n_out > 0)
        connection_wait_for (connection, G_IO_OUT);
    else if (connection->closing)
        return FALSE;
    else
        connection_wait_for (connection, G_IO_IN);
    return TRUE;
}

static gboolean on_connection (GSocket *socket, GIOCondition condition, gpointer data)
{
    Connection *connection = data;
    GIOCondition before = connection->waits_for;

    if ((before == G_IO_IN && !connection_receive (connection)) || !connection_work (connection)) {
        connection_close (connection);
        return G_SOURCE_REMOVE;
    }
    return connection->waits_for == before ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* ---- the server */

static gboolean on_sweep (gpointer data)
{
    ModbusServer *server = data;
    gint64 now_us = mg_host_mono_us (server->host);

    for (GList *at = server->connections.head, *next; at != NULL; at = next) {
        Connection *connection = at->data;
        next = at->next;
        if ((server->settings.idle_us > 0 && now_us - connection->asked_us > server->settings.idle_us) ||
            (connection->begun_us != 0 && now_us - connection->begun_us > server->settings.frame_us))
            connection_close (connection);
    }
    if (server->connections.length > 0)
        return G_SOURCE_CONTINUE;
    server->sweeper = 0;
    return G_SOURCE_REMOVE;
}

static void server_add (ModbusServer *server, GSocket *socket /* full */)
{
    Connection *connection = g_new0 (Connection, 1);

    g_socket_set_blocking (socket, FALSE);
    g_socket_set_keepalive (socket, TRUE);
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
    connection->server = server;
    connection->socket = socket;
    connection->asked_us = mg_host_mono_us (server->host);
    g_queue_push_tail (&server->connections, connection);
    connection->link = server->connections.tail;
    connection_wait_for (connection, G_IO_IN);
    mg_host_count (server->host, "connections", 1);
    if (server->connections.length > server->settings.connections_max)
        connection_close (server->connections.head->data);
    if (server->sweeper == 0)
        server->sweeper = mg_service_after (server->service, SWEEP_US, on_sweep, server);
}

static void server_listen (ModbusServer *server);

static gboolean on_pause_over (gpointer data)
{
    ModbusServer *server = data;

    server->paused = 0;
    server_listen (server);
    return G_SOURCE_REMOVE;
}

static gboolean on_accept (GSocket *socket, GIOCondition condition, gpointer data)
{
    ModbusServer *server = data;
    g_autoptr (GError) error = NULL;
    GSocket *accepted = g_socket_accept (socket, NULL, &error);

    if (accepted != NULL)
        server_add (server, accepted);
    if (accepted != NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ||
        g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
        return G_SOURCE_CONTINUE;
    /* no descriptors left: what waits would be told of for ever */
    mg_host_log (server->host, G_LOG_LEVEL_WARNING, "no connection taken: %s", error->message);
    g_clear_pointer (&server->source, g_source_unref);
    server->paused = mg_service_after (server->service, SWEEP_US, on_pause_over, server);
    return G_SOURCE_REMOVE;
}

static void server_listen (ModbusServer *server)
{
    server->source = g_socket_create_source (server->socket, G_IO_IN, NULL);
    g_source_set_callback (server->source, G_SOURCE_FUNC (on_accept), server, NULL);
    g_source_attach (server->source, g_main_context_get_thread_default ());
}

ModbusServer *modbus_server_new (MgService *service, ModbusImage *image, const ModbusServerSettings *settings,
                                 GError **error)
{
    GSocket *socket = NULL;

    if (g_str_has_prefix (settings->address, "tcp:"))
        socket = mg_service_bind (service, settings->address, error);
    else
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "listen: \"%s\": expected tcp:ADDRESS:PORT", settings->address);
    if (socket == NULL)
        return NULL;
    ModbusServer *server = g_new0 (ModbusServer, 1);
    server->service = service;
    server->host = mg_service_get_host (service);
    server->image = image;
    server->settings = *settings;
    server->socket = socket;
    g_queue_init (&server->connections);
    server_listen (server);
    return server;
}

guint modbus_server_get_port (const ModbusServer *server)
{
    g_autoptr (GSocketAddress) address = g_socket_get_local_address (server->socket, NULL);

    return G_IS_INET_SOCKET_ADDRESS (address) ? g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)) : 0;
}

void modbus_server_free (ModbusServer *server)
{
    while (server->connections.length > 0)
        connection_close (server->connections.head->data);
    mg_service_cancel (server->service, server->sweeper);
    mg_service_cancel (server->service, server->paused);
    if (server->source != NULL) {
        g_source_destroy (server->source);
        g_source_unref (server->source);
    }
    g_socket_close (server->socket, NULL);
    g_object_unref (server->socket);
    g_free (server);
}
