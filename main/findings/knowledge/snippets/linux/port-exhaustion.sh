# To gain time; the cure is to reuse connections.
sysctl -w net.ipv4.ip_local_port_range="10240 65535" # default 32768 to 60999
sysctl -w net.ipv4.tcp_tw_reuse=1                   # outgoing connections may take a TIME_WAIT port after 1 s
