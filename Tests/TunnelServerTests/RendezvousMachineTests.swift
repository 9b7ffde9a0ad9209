import Testing
import TunnelServer
