/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-modbus.c: five clients read ten registers as fast as they are answered: from our server, from libmodbus's own
 * select loop (where it is installed), and from an epoll loop that answers with fixed bytes. Each server is a process
 * of its own; rounds take turns, so that all meet the same noise.
 */
#include "server.h"

#include <host/mgh-host.h>
#include <host/mgh-service.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_LIBMODBUS
#include <modbus.h>
#include <sys/select.h>
#endif

#define N_CLIENTS    5
#define N_ROUNDS     15
#define ROUND_US     (200 * 1000)
#define N_REGISTERS  10
#define REQUEST_SIZE 12
#define ANSWER_SIZE  (MODBUS_HEADER_SIZE + 2 + 2 * N_REGISTERS)

typedef struct {
    const char *name;
    void (*serve) (int listener);
    int clients[N_CLIENTS];
    double rates[N_ROUNDS]; /* requests a second */
    pid_t pid;
} Server;

static void must (gboolean good, const char *what)
{
    if (good)
        return;
    perror (what);
    exit (1);
}

/* ---- ours: the plugin's server on a main context, with the test image */

static GSocket *bound;

static GSocket *give_socket (gpointer owner, const char *address, GError **error)
{
    return g_object_ref (bound);
}

static void serve_ours (int listener)
{
    static const MghServiceOps ops = { .struct_size = sizeof (MghServiceOps), .bind = give_socket };
    ModbusServerSettings settings = { .address = "tcp:", .connections_max = 50, .product = "bench" };
    ModbusLayout layout = { .test = TRUE };
    MgHost *host = mgh_host_new ("bench", NULL, NULL, NULL);
    MgService *service = mgh_service_new (host, &ops, NULL);
    GMainContext *context = g_main_context_new ();

    g_main_context_push_thread_default (context);
    bound = g_socket_new_from_fd (listener, NULL);
    must (bound != NULL, "socket");
    g_socket_set_blocking (bound, FALSE);
    must (modbus_server_new (service, modbus_image_new (host, &layout), &settings, NULL) != NULL, "server");
    g_main_loop_run (g_main_loop_new (context, FALSE));
}

/* ---- the peers */

static void serve_epoll (int listener)
{
    int epoll = epoll_create1 (0);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = listener }, events[16];
    guint8 in[260], out[ANSWER_SIZE] = { [5] = ANSWER_SIZE - 6, [7] = 3, [8] = 2 * N_REGISTERS };

    must (epoll_ctl (epoll, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");
    for (;;) {
        int n = epoll_wait (epoll, events, G_N_ELEMENTS (events), -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                event.data.fd = accept (listener, NULL, NULL);
                must (epoll_ctl (epoll, EPOLL_CTL_ADD, event.data.fd, &event) == 0, "epoll_ctl");
                continue;
            }
            if (recv (fd, in, sizeof in, 0) != REQUEST_SIZE) {
                close (fd);
                continue;
            }
            memcpy (out, in, 4);
            out[6] = in[6];
            must (send (fd, out, sizeof out, 0) == sizeof out, "send");
        }
    }
}

#ifdef HAVE_LIBMODBUS
static void serve_libmodbus (int listener)
{
    modbus_t *modbus = modbus_new_tcp ("127.0.0.1", 0);
    modbus_mapping_t *mapping = modbus_mapping_new (0, 0, 100, 0);
    guint8 request[MODBUS_TCP_MAX_ADU_LENGTH];
    int top = listener;
    fd_set all, ready;

    FD_ZERO (&all);
    FD_SET (listener, &all);
    for (;;) {
        ready = all;
        must (select (top + 1, &ready, NULL, NULL, NULL) > 0, "select");
        for (int fd = 0; fd <= top; fd++) {
            if (!FD_ISSET (fd, &ready))
                continue;
            if (fd == listener) {
                int client = accept (listener, NULL, NULL);
                FD_SET (client, &all);
                top = MAX (top, client);
                continue;
            }
            modbus_set_socket (modbus, fd);
            int n = modbus_receive (modbus, request);
            if (n > 0) {
                modbus_reply (modbus, request, n, mapping);
            } else if (n < 0) {
                close (fd);
                FD_CLR (fd, &all);
            }
        }
    }
}
#endif

/* ---- the clients: one thread, each connection with one request on its way */

static void server_begin (Server *server)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must (bind (listener, (struct sockaddr *) &address, size) == 0 && listen (listener, 16) == 0, "listen");
    must (getsockname (listener, (struct sockaddr *) &address, &size) == 0, "getsockname");
    server->pid = fork ();
    must (server->pid >= 0, "fork");
    if (server->pid == 0) {
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        server->serve (listener);
        _exit (1);
    }
    close (listener);
    for (guint i = 0; i < N_CLIENTS; i++) {
        server->clients[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must (connect (server->clients[i], (struct sockaddr *) &address, sizeof address) == 0, "connect");
    }
}

static void client_ask (int fd)
{
    static const guint8 request[REQUEST_SIZE] = { 0, 1, 0, 0, 0, 6, 255, 3, 0, 0, 0, N_REGISTERS };

    must (send (fd, request, sizeof request, 0) == sizeof request, "send");
}

static double server_measure (Server *server)
{
    int epoll = epoll_create1 (EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN }, events[N_CLIENTS];
    gint64 begin_us = g_get_monotonic_time (), us;
    guint answered = 0, asked = N_CLIENTS;
    guint8 answer[300];

    for (guint i = 0; i < N_CLIENTS; i++) {
        event.data.fd = server->clients[i];
        must (epoll_ctl (epoll, EPOLL_CTL_ADD, event.data.fd, &event) == 0, "epoll_ctl");
        client_ask (event.data.fd);
    }
    do {
        int n = epoll_wait (epoll, events, N_CLIENTS, 5000);
        must (n > 0, "no answer within 5 s");
        us = g_get_monotonic_time () - begin_us;
        for (int i = 0; i < n; i++) {
            must (recv (events[i].data.fd, answer, sizeof answer, 0) == ANSWER_SIZE && answer[7] == 3, "answer");
            answered++;
            if (us >= ROUND_US)
                continue;
            client_ask (events[i].data.fd);
            asked++;
        }
    } while (answered < asked);
    close (epoll);
    return answered * 1e6 / (double) us;
}

static int compare_rates (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

static double server_median (Server *server)
{
    qsort (server->rates, N_ROUNDS, sizeof server->rates[0], compare_rates);
    return server->rates[N_ROUNDS / 2];
}

int main (void)
{
    Server servers[] = {
        { .name = "ours", .serve = serve_ours },
        { .name = "epoll loop, fixed bytes", .serve = serve_epoll },
#ifdef HAVE_LIBMODBUS
        { .name = "libmodbus select loop", .serve = serve_libmodbus },
#endif
    };

    signal (SIGPIPE, SIG_IGN);
    for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
        server_begin (&servers[i]);
    for (guint round = 0; round < N_ROUNDS; round++)
        for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
            servers[i].rates[round] = server_measure (&servers[i]);
    double ours = server_median (&servers[0]);
    for (guint i = 1; i < G_N_ELEMENTS (servers); i++) {
        double peer = server_median (&servers[i]);
        printf ("modbus server, 5 clients, 10 registers\t%.0f/s\t%s\t%.0f/s\t%.2f\n", ours, servers[i].name, peer,
                ours / peer);
    }
    for (guint i = 0; i < G_N_ELEMENTS (servers); i++) {
        kill (servers[i].pid, SIGKILL);
        waitpid (servers[i].pid, NULL, 0);
    }
    return 0;
}
