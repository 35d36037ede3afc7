//! What a packet meets that may not pass.

use pasvlab_scenarios::{AfterIdle, Refusal};

use crate::net::{Action, Flags, Packet, Reason, Side};

/// Turns a packet away that would open a connection. `back` leads to its sender.
pub(super) fn refuse(refusal: Refusal, back: Side, packet: &Packet, reason: Reason) -> Action {
    match refusal {
        _ if packet.flags.rst => Action::Drop(reason),
        Refusal::Silence => Action::Drop(reason),
        Refusal::Reset => Action::Answer { to: back, packet: packet.reset(), reason },
        Refusal::PortUnreachable => Action::Unreachable(Reason::PortUnreachable),
        Refusal::Prohibited => Action::Unreachable(Reason::Prohibited),
    }
}

/// Turns away what a host inside sends on a connection that the router does not know any more.
pub(super) fn after_idle(after: AfterIdle, back: Side, packet: &Packet, reason: Reason) -> Action {
    match after {
        _ if packet.flags.rst => Action::Drop(reason),
        AfterIdle::Silence | AfterIdle::PickUp => Action::Drop(reason),
        AfterIdle::ResetInside => Action::Answer { to: back, packet: packet.reset(), reason },
        // A FIN is acknowledged. If that were answered with another one, it would never end.
        AfterIdle::FinInside if reason == Reason::StraySegment && packet.payload.is_empty() => {
            Action::Drop(reason)
        }
        AfterIdle::FinInside => {
            let mut fin = packet.reset();
            fin.flags = Flags { fin: true, ..Flags::ACK };
            fin.ack = packet.seq;
            fin.window = packet.window;
            Action::Answer { to: back, packet: fin, reason }
        }
    }
}
